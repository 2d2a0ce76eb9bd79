"""The labels in a cell of a person's table, as people, spreadsheets and programs write them."""

import ast
import json
import re
import unicodedata
from collections.abc import Container

from psl.io.list_files import SPOILT
from psl.runtime.errors import PslError

OUTSIDE = r"(?![^()\[\]{}]*[)\]}])"  # of brackets
COMMA = f"[,\uff0c\ufe50\u3001\u060c]{OUTSIDE}"
SEPARATORS = (  # the strong ones first, each also as Chinese and Arabic keyboards have it
    "[;\uff1b\ufe54\u061b]",
    f"[|\uff5c]{OUTSIDE}",
    COMMA,
)
INVISIBLE = re.compile("[\u00ad\u200b\u200e\u200f\u202a-\u202e\u2060\u2066-\u2069\ufeff]")
JOINERS = re.compile("[\u200c\u200d]")  # they look like nothing, too, but some scripts need them
WHOLE = re.compile(r"^(\d+)\.0+$")  # a number that a program wrote as a fraction
QUOTED = re.compile(r"""'(?:[^'\\]|\\.)*'|"(?:[^"\\]|\\.)*\"""")
EMPTY = ("nan", "<na>", "nat", "none", "null", "na", "n/a")  # programs write them where nothing is


def spelling(label: str) -> str:
    """What spellings of one label have in common.

    >>> spelling("Acoustic_guitar") == spelling("acoustic  gui\u00adtar"), spelling("Lo\u0308we") == spelling("Löwe")
    (True, True)
    >>> spelling("10.0") == spelling("10"), spelling("v1.0") == spelling("v1")
    (True, False)
    """
    words = JOINERS.sub("", plain(label)).replace("_", " ").casefold().split()
    text = unicodedata.normalize("NFC", " ".join(words))
    return WHOLE.sub(r"\1", text)


def plain(text: str) -> str:
    """Text without invisible characters and outer spaces, in the one Unicode form (NFC) of what looks the same."""
    return unicodedata.normalize("NFC", INVISIBLE.sub("", text)).strip()


def split_cell(text: str, known: Container[str]) -> list[str]:
    """The labels in a cell, as they are written; `known` has the spellings of labels that may hold separators.

    They are separated by `;`, and by `|` or commas outside brackets where what stands between them is no known label;
    or they are a list of strings as Python, NumPy and JSON print it. Raises PslError for what could mean two things.

    >>> split_cell("Dog; Speech, male|Cat,Bell", {"speech, male"})
    ['Dog', 'Speech, male', 'Cat', 'Bell']
    >>> split_cell("['Dog' 'Speech, male']", ()), split_cell("犬\uff1b猫", ()), split_cell("[]", ())
    (['Dog', 'Speech, male'], ['犬', '猫'], [])
    >>> split_cell("Dog,Speech,male", {"speech, male"})
    ['Dog', 'Speech, male']
    """
    pieces = _listed(text.strip())
    if pieces is None:
        pieces = [text]
        for separator in SEPARATORS:
            pieces = [part for piece in pieces for part in _parts(piece, separator, known)]
    labels = [label.strip() for label in pieces if plain(label)]
    for fault in (nothing_in(label, "label") for label in labels if spelling(label) not in known):
        if fault:
            raise PslError(fault)
    return labels


def _parts(piece: str, separator: str, known: Container[str]) -> list[str]:
    """The parts of a piece that is no known label; between commas, the longest known label that begins at each."""
    parts = [piece] if spelling(piece) in known else re.split(separator, piece)
    labels = list[str]()
    while parts:
        names = {", ".join(map(str.strip, parts[:n])): n for n in range(len(parts), 1, -1) if separator == COMMA}
        name = next((name for name in names if spelling(name) in known), parts[0])
        labels.append(name)
        del parts[: names.get(name, 1)]
    return labels


def _listed(text: str) -> list[str] | None:
    """The strings of a printed list; None when the text is no list. Raises PslError for one of anything else."""
    if text[:1] not in ("[", "(", "{") or text[-1:] not in ("]", ")", "}"):
        return None
    strings, rest = QUOTED.findall(text), QUOTED.sub("", text)
    if not rest.strip("[](){}, \t"):
        try:
            return [json.loads(string) if string[0] == '"' else ast.literal_eval(string) for string in strings]
        except (ValueError, SyntaxError):
            pass  # as what is said below
    elif not strings and (text[0] == "(" or "," not in text):
        return None
    raise PslError(f"has {text!r}, which is no list of strings in quotes: separate labels with `;`")


def nothing_in(cell: str, what: str) -> str | None:
    """Why a cell is no `what` ("label", "source"): a program wrote it where there was nothing; None for others."""
    if SPOILT.fullmatch(cell.strip()):
        return f"has {cell.strip()}, which a spreadsheet puts where it finds no value: write what stood there"
    if cell.strip().casefold() in EMPTY:
        return f"has the {what} {cell.strip()!r}, as programs write an empty cell: leave the cell empty, or rename it"
    return None
