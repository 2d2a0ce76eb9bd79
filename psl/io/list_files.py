"""Reads published lists, which are text tables, line by line; errors name file, line and cause."""

import csv
import math
import re
import shutil
from collections.abc import Callable, Iterable, Iterator, Sequence
from pathlib import Path
from typing import NoReturn, TypeVar

from psl.runtime.errors import PslError

Row = TypeVar("Row")
Parsed = TypeVar("Parsed")
SUFFIX = ".wav"  # of file names in lists
SPOILT = re.compile(r"#(?:NAME\?|REF!|VALUE!|DIV/0!|NUM!|NULL!|N/A)")  # what a spreadsheet makes of `-abc`, for one
SHOWN_LINES = 5  # of a kind of fault
TOLERANCE_S = 1.0  # by which the end of an event may be behind that of its clip
MAX_S = 1_000_000_000  # thirty years: longer than any recording, and its milliseconds fit into an integer


def rows(path: Path, delimiter: str, where: str) -> Iterator[tuple[int, list[str]]]:
    """(line number, fields without quotes and outer spaces) of each line that is not blank.

    Raises PslError when the file is missing (`where` says where to get it), is not text, or leaves a quote open.
    """
    last = 0
    try:
        with path.open(newline="", encoding="utf-8-sig") as handle:
            reader = csv.reader(handle, delimiter=delimiter, skipinitialspace=True)
            for row in reader:
                line, last = last + 1, reader.line_num
                if last > line:
                    bad(path, line, "every quote to be closed on its own line")
                fields = [field.strip() for field in row]
                if spoilt := next(filter(SPOILT.fullmatch, fields), None):
                    bad(path, line, f"what stood there, not {spoilt} of a spreadsheet: take the list as published")
                if any(fields):
                    yield line, fields
    except FileNotFoundError:
        raise PslError(f"the list {path} does not exist: give the folder of {where}") from None
    except UnicodeDecodeError:
        with path.open("rb") as handle:
            bad(path, next(line for line, text in enumerate(handle, 1) if not _is_text(text)), "text in UTF-8")
    except csv.Error as error:
        bad(path, last + 1, f"a table of text ({error})")


def records(path: Path, delimiter: str, needed: Sequence[str], where: str) -> Iterator[tuple[int, dict[str, str]]]:
    """(line number, value of each column) below a header that has at least the columns `needed`, in any order.

    Raises PslError that names file and line for a header without them, a row of another length, or no rows.
    """
    header: list[str] = []
    count = 0
    for line, row in rows(path, delimiter, where):
        if not header:
            if not set(needed) <= set(row):
                bad(path, line, f"a header with the columns {', '.join(needed)}")
            twice = [name for name in needed if row.count(name) > 1]
            if twice:
                bad(path, line, f"the column {twice[0]} once, not {row.count(twice[0])} times")
            header = row
        elif len(row) != len(header):
            bad(path, line, f"{len(header)} fields ({', '.join(header)}), not {len(row)}")
        else:
            count += 1
            yield line, dict(zip(header, row, strict=True))
    if not header:
        raise PslError(f"the list {path} names nothing: it is empty, without even the header {','.join(needed)}")
    if not count:
        raise PslError(f"the list {path} names nothing: it has no line below its header")


def is_comment(path: Path, line: int, field: str) -> bool:
    """Whether a line that begins with `field` is a comment. Raises PslError for another field that begins with `#`."""
    if not field.startswith("#"):
        return False
    words = field.lstrip("#")
    return not words or words[0].isspace() or bad(path, line, f"a comment to begin with `# `, not with {field!r}")


class BrokenLine(PslError):
    """A line of a list that is not as it should be; `expected` says how, and maybe `, not` what it is."""

    def __init__(self, path: Path, line: int, expected: str) -> None:
        super().__init__(f"line {line} of {path} is broken: expected {expected}")
        self.line, self.expected = line, expected


def bad(path: Path, line: int, expected: str) -> NoReturn:
    """Raise PslError that names file, line and what was expected."""
    raise BrokenLine(path, line, expected)


def parsed(path: Path, numbered: Iterable[tuple[int, Row]], parse: Callable[[int, Row], Parsed]) -> Iterator[Parsed]:
    """`parse(line, row)` of each row of a list. In the end, raises one PslError that counts broken rows by cause."""
    broken: dict[str, list[BrokenLine]] = {}
    for line, row in numbered:
        try:
            yield parse(line, row)
        except BrokenLine as error:
            broken.setdefault(error.expected.partition(", not ")[0], []).append(error)
    count = sum(map(len, broken.values()))
    if count == 1:
        raise next(iter(broken.values()))[0]
    if count:
        causes = "; ".join(_cause(errors) for errors in broken.values())
        raise PslError(f"{count} lines of {path} are broken: {causes}: correct or remove them")


def _cause(errors: Sequence[BrokenLine]) -> str:
    """What was expected in the first of these lines, and which others are like it."""
    first, *others = errors
    lines = ", ".join(str(error.line) for error in others[:SHOWN_LINES])
    more = f" and {len(others) - SHOWN_LINES} more" if len(others) > SHOWN_LINES else ""
    likewise = f", and likewise in line{'s' if len(others) > 1 else ''} {lines}{more}" if others else ""
    return f"expected {first.expected} in line {first.line}{likewise}"


def require_seconds(path: Path, ends_and_lengths_s: Sequence[tuple[float, float]]) -> None:
    """Raise PslError when most events end far behind their clip, and would not if their times were milliseconds.

    Each is the end of an event and the length of its clip.
    """
    late = [(end, length) for end, length in ends_and_lengths_s if end > length + TOLERANCE_S]
    fitting = sum(end / 1000 <= length + TOLERANCE_S for end, length in late)
    if fitting > len(ends_and_lengths_s) / 2:
        raise PslError(
            f"the times of {path} are milliseconds, it seems: {fitting} of {len(ends_and_lengths_s)} events end within "
            "their clips only then; divide its times by 1000"
        )


def seconds(path: Path, line: int, field: str) -> float:
    """A time from 0 on, below MAX_S. Raises PslError that names the line."""
    try:
        value = float(field)
    except ValueError:
        bad(path, line, f"seconds, not {field!r}")
    if not 0 <= value < math.inf:
        bad(path, line, f"a time from 0 s on, not {field} s")
    return value if value < MAX_S else bad(path, line, f"a time of less than {MAX_S} s, not {field} s")


def interval(path: Path, line: int, start: str, end: str) -> tuple[float, float]:
    """Start and end in seconds. Raises PslError that names the line unless the start is before the end."""
    first, last = seconds(path, line, start), seconds(path, line, end)
    return (first, last) if first < last else bad(path, line, f"a start before the end, not {first} and {last} s")


def parts(field: str) -> tuple[str, ...]:
    """The labels of a field `label,label`, each once.

    >>> parts("Fill_(with_liquid), Hi-hat,,Hi-hat")
    ('Fill_(with_liquid)', 'Hi-hat')
    """
    return tuple(dict.fromkeys(part.strip() for part in field.split(",") if part.strip()))


def choice(path: Path, line: int, value: str, allowed: Sequence[str]) -> str:
    """`value`. Raises PslError that names the line when it is none of `allowed`."""
    return value if value in allowed else bad(path, line, f"{' or '.join(allowed)}, not {value!r}")


def stem(path: Path, line: int, name: str) -> str:
    """A file name without the suffix `.wav` that some lists give. Raises PslError for an empty one, with its line."""
    return name.removesuffix(SUFFIX) or bad(path, line, "the name of an audio file")


def copy_lists(lists: Path, names: Iterable[str], folder: Path) -> None:
    """Copy the lists that a corpus was read from to `folder`/lists, beside its manifest."""
    (folder / "lists").mkdir()
    for name in names:
        if (lists / name).exists():
            shutil.copyfile(lists / name, folder / "lists" / name)


def _is_text(line: bytes) -> bool:
    try:
        line.decode()
    except UnicodeDecodeError:
        return False
    return True
