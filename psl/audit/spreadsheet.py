"""CSV that spreadsheets open as it is: no cell becomes a formula, and what is read back is what was written."""

import csv
import io
import re
from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path

from psl.io.files import write_text
from psl.runtime.errors import PslError

BOM = "\ufeff"  # by which spreadsheets know UTF-8
FORMULA = re.compile("'*[=+\\-@\uff1d\uff0b\uff0d\uff20\t\r\n]")  # what a spreadsheet may compute, `-a.wav` too
GUARDED = re.compile(f"'{FORMULA.pattern}")
SEPARATORS = (",", ";", "\t")  # by which spreadsheets of different countries save


def guarded(cell: str) -> str:
    """The cell, after an apostrophe where a spreadsheet would take it for a formula.

    >>> guarded("-3x.wav"), guarded("=1+1"), guarded("'-a"), guarded("it's")
    ("'-3x.wav", "'=1+1", "''-a", "it's")
    """
    return f"'{cell}" if FORMULA.match(cell) else cell


def unguarded(cell: str) -> str:
    """What `guarded` was given."""
    return cell[1:] if GUARDED.match(cell) else cell


def write_sheet(path: Path, columns: Sequence[str], rows: Iterable[Mapping[str, object]]) -> None:
    """Write the rows below a header, whole or not at all."""
    handle = io.StringIO(newline="")
    writer = csv.DictWriter(handle, columns, lineterminator="\r\n")
    writer.writeheader()
    writer.writerows({name: guarded(str(value)) for name, value in row.items()} for row in rows)
    write_text(path, BOM + handle.getvalue())


def read_sheet(path: Path, needed: Sequence[str], what: str) -> list[tuple[int, dict[str, str]]]:
    """The line and the cells of each row, also as spreadsheets save them with other separators.

    Raises PslError for a file that is missing, no text, or without the columns `needed`; `what` is what it should be.
    """
    try:
        text = path.read_bytes().decode("utf-8-sig")
    except FileNotFoundError:
        raise PslError(f"{what} {path} does not exist") from None
    except (UnicodeDecodeError, IsADirectoryError):
        raise PslError(f"{what} {path} is not text in UTF-8: save it as CSV in UTF-8") from None
    header = text.split("\n", 1)[0]
    separator = max(SEPARATORS, key=header.count)
    reader = csv.DictReader(io.StringIO(text, newline=""), delimiter=separator, restval="")
    if missing := set(needed) - set(reader.fieldnames or ()):
        raise PslError(f"{what} {path} has no column {sorted(missing)[0]}: save it with all columns of queue.csv")
    return [
        (reader.line_num, {name: unguarded(cell) for name, cell in row.items() if name and cell is not None})
        for row in reader
    ]
