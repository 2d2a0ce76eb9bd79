"""The classes of a model in the order of its outputs: read from a file, and compared with the model's own names."""

import re
from pathlib import Path

from psl.io.metadata.vocabulary import HEADER, Vocabulary
from psl.runtime.errors import PslError

COLUMNS = re.compile(r"^\d+\s*[,;\t]|[,;\t][^\s,;]")  # an index, or fields without a space between, as names have
LAYOUTS = f"begin a table with the line {','.join(HEADER)}, or write one name a line in a file that ends in .txt"


def read_class_list(path: Path) -> Vocabulary:
    """The classes in a table as AudioSet's class_labels_indices.csv, or in a file of one name a line.

    In the latter a name is the id of its class, too. A byte-order mark does not count. Names may repeat in a table,
    ids may not. Raises PslError that names the file, and mostly the line.
    """
    lines = _lines(path)
    if lines[0].replace('"', "") == ",".join(HEADER):
        return Vocabulary.read(path)
    if path.suffix.lower() == ".csv" or all(map(COLUMNS.search, lines)):
        raise PslError(f"the class list {path} begins with {lines[0]!r}: {LAYOUTS}")
    _require_names(path, lines)
    return Vocabulary(tuple(lines), tuple(lines))


def require_same_order(given: Vocabulary, own: Vocabulary, where: str, model: str) -> None:
    """Raise PslError unless the class list `given` beside a model names its outputs as the model's `own` list does.

    Names are compared output by output, without case and outer spaces; a model may give the id for the name. `where`
    is the place of the given list and `model` the name of the model, both for messages.
    """
    if len(given) != len(own):
        raise PslError(
            f"{where} lists {len(given)} classes, and {model} itself names {len(own)}: give the list that it was "
            "trained with, or state classes: model"
        )
    for index, (mid, name, theirs) in enumerate(zip(given.mids, given.names, own.names, strict=True)):
        if _plain(theirs) not in (_plain(name), _plain(mid)):
            raise PslError(
                f"output {index} is {name!r} in {where}, and {theirs!r} in {model} itself: give the list in the "
                "model's order, or state classes: model"
            )


def _lines(path: Path) -> list[str]:
    """The lines without outer spaces and without the blank ones at the end; at least one."""
    try:
        text = path.read_text(encoding="utf-8-sig")
    except FileNotFoundError:
        raise PslError(f"the class list {path} does not exist: give its file, or state classes: model") from None
    except IsADirectoryError:
        raise PslError(f"the class list {path} is a folder: give the file in it") from None
    except UnicodeDecodeError as error:
        raise PslError(f"the class list {path} is not text in UTF-8 ({error.reason}): save it as UTF-8") from None
    if not text.strip():
        raise PslError(f"the class list {path} is empty: {LAYOUTS}")
    return [line.strip() for line in text.rstrip().split("\n")]  # splitlines() would cut at rare characters of a name


def _require_names(path: Path, lines: list[str]) -> None:
    """Raise PslError for a blank line, and for a name that stands twice."""
    first: dict[str, int] = {}
    for number, name in enumerate(lines, 1):
        if not name:
            raise PslError(f"line {number} of the class list {path} is blank: write one name a line")
        if name in first:
            raise PslError(
                f"the class list {path} has {name!r} in lines {first[name]} and {number}: give their ids, in a table "
                f"that begins with the line {','.join(HEADER)}"
            )
        first[name] = number


def _plain(name: str) -> str:
    return name.strip().casefold()
