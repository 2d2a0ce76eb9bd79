"""The labels of a person's recordings, from a table or from class folders; faults are gathered, not raised."""

import csv
import io
import re
from collections import defaultdict
from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path, PurePosixPath

from psl.corpora.custom.cells import nothing_in, plain
from psl.corpora.custom.recordings import audio_files, is_audio, no_list_holds, printable
from psl.io.list_files import interval
from psl.io.windows import to_units
from psl.runtime.errors import PslError
from psl.runtime.progress import log

NEEDED, SOURCE, LOOKED_FOR = ("file", "labels"), "source", "looked_for"
TIMES = ("start", "end")  # in seconds
READ = (*NEEDED, SOURCE, LOOKED_FOR, *TIMES)
UNITS = r"(time|m?s|secs?|(milli)?seconds?|samples?|frames?)[)\]]*"
LIKE_TIMES = re.compile(
    rf"(t_?)?(start|end|begin|stop|onset|offset)([ _(\[-]*{UNITS})*|(from|to)([ _(\[-]+{UNITS})*|[tx]_?(min|max)|t[01]",
    re.IGNORECASE,
)
LIKE_LENGTH = re.compile(rf"(dur|duration|length)([ _(\[-]*{UNITS})*", re.IGNORECASE)
OPEN_QUOTE = "has a quote that is not closed in that line: close it there, and separate labels with `;`"
STRAY_TEXT = "has text behind a closing quote: put the whole cell in quotes, and a quote in it twice"
CELL_IN_QUOTES = r'\s*+"(?:[^"]|"")*+"\s*+'
BEHIND_QUOTE = re.compile(rf'(?:(?:{CELL_IN_QUOTES}|\s*+[^",\s][^,]*+|\s*+),)*+{CELL_IN_QUOTES}[^,\s]')
OTHER_SEPARATORS = {"semicolons": ";", "tabs": "\t", "`|`": "|"}
TAKE = re.compile(r"(?P<source>\d-\d+)-[A-Z](-\d+)?")  # fold, number at Freesound, take and, in ESC-50, class


@dataclass(frozen=True)
class TableRow:
    """One clip: `file` relative to the folder, `labels` as written, and its `source`, which others may share.

    `looked_for` has the classes that were looked for in it, as written; none where that is not said. It is
    the whole recording where `end_s` is None.
    """

    file: str
    labels: str
    source: str
    where: str  # the line or folder that states it
    looked_for: str = ""
    start_s: float = 0.0
    end_s: float | None = None

    @property
    def clip(self) -> str:
        """The clip in words, which no other has."""
        return self.file if self.end_s is None else f"{self.file} from {self.start_s:.10g} to {self.end_s:.10g} s"


def read_table(path: Path, faults: list[str]) -> list[TableRow]:
    """The rows of a CSV with the columns file and labels, maybe source, looked_for, and start and end in seconds.

    Rows that cannot be understood are added to `faults`. Raises PslError when the whole is no such table.
    """
    try:
        content = path.read_bytes()
    except FileNotFoundError:
        raise PslError(f"the table {path} does not exist: give a CSV with the columns {' and '.join(NEEDED)}") from None
    text = _text(path, content)
    rows = [(line, row) for line, row in _rows(path, text) if any(field.strip() for field in row)]
    header = _header(path, rows[0][1] if rows else [])
    rows = [(line, _without_empty_rest(row, len(header))) for line, row in rows]
    fault_of = {line: fault for line, row in rows if (fault := _fault(row, len(header)))}
    fault_of |= {
        line: STRAY_TEXT for line, row in enumerate(io.StringIO(text, newline=""), 1) if BEHIND_QUOTE.match(row)
    }
    faults += [f"line {line} of {path} {fault}" for line, fault in fault_of.items()]
    cells = [(line, dict(zip(header, row, strict=True))) for line, row in rows[1:] if line not in fault_of]
    sources = ((line, nothing_in(row.get(SOURCE, ""), "source")) for line, row in cells)
    faults += [f"line {line} of {path} {fault}" for line, fault in sources if fault]
    return [*_with_times(path, cells, faults)]


def _with_times(path: Path, cells: Sequence[tuple[int, dict[str, str]]], faults: list[str]) -> Iterator[TableRow]:
    """The rows, with start and end, if any, in whole milliseconds; times that cannot be are added to `faults`."""
    for line, row in cells:
        times = [row.get(name, "").strip() for name in TIMES]
        try:
            start_s, end_s = interval(path, line, *times) if any(times) else (0.0, None)
        except PslError as error:
            faults.append(str(error))
            continue
        end_s = None if end_s is None else to_units(end_s, 1000) / 1000
        yield replace(_row(f"line {line} of {path}", row), start_s=to_units(start_s, 1000) / 1000, end_s=end_s)


def _header(path: Path, fields: Sequence[str]) -> list[str]:
    """The names of the columns; those that are not read are logged. Raises PslError for a header that will not do."""
    header = [field.strip() for field in fields]
    if any("\n" in name for name in header):
        raise PslError(f"line 1 of {path} {OPEN_QUOTE}")
    if not set(NEEDED) <= set(header):
        other = next((name for name, sign in OTHER_SEPARATORS.items() if sign in "".join(header)), None)
        advice = f": its columns are separated by {other}, so save it with commas" if other else ""
        raise PslError(
            f"the table {path} must begin with a line that names the columns {' and '.join(NEEDED)}, not "
            f"{','.join(header)!r}{advice}"
        )
    twice = [name for name in READ if header.count(name) > 1]
    if twice:
        raise PslError(f"the table {path} has the column {twice[0]} {header.count(twice[0])} times: keep one of them")
    strange = next((name for name in header if name not in TIMES and LIKE_TIMES.fullmatch(name)), None)
    if strange or len(set(TIMES) & set(header)) == 1:
        raise PslError(
            f"the table {path} has the column {strange or (set(TIMES) & set(header)).pop()}: call the times of clips "
            f"{' and '.join(TIMES)}, in seconds from the beginning of the recording, or remove it{_end_advice(header)}"
        )
    others = [name for name in header if name and name not in READ]
    if others:
        log(f"columns of {path} that are not read: {', '.join(others)}")
    return header


def _end_advice(header: Sequence[str]) -> str:
    """How an end is found in a table that says how long its clips are."""
    length = next((name for name in header if LIKE_LENGTH.fullmatch(name)), None)
    return f"; {TIMES[1]} is {TIMES[0]} plus {length}" if length else ""


def _fault(row: list[str], fields: int) -> str | None:
    """Why a row cannot be understood."""
    if any("\n" in field for field in row):
        return OPEN_QUOTE
    if len(row) == fields:
        return None
    advice = "put labels with commas in quotes" if len(row) > fields else "write a comma for each empty cell, too"
    return f"has {len(row)} cell{'s' * (len(row) > 1)} and its header {fields}: {advice}"


def _without_empty_rest(row: list[str], fields: int) -> list[str]:
    """The row without empty cells beyond the header's, which some programs write."""
    return row if any(field.strip() for field in row[fields:]) else row[:fields]


def read_class_folders(folder: Path, faults: list[str]) -> list[TableRow]:
    """Every audio file below `folder`, labelled with the first folder in its path; an empty class folder is a fault."""
    files = audio_files(folder, faults)
    rows = [
        _row(f"the folder {PurePosixPath(file).parts[0]}", {"file": file, "labels": _class(file)}) for file in files
    ]
    faults += [
        f"{row.file} lies in no class folder: make one folder a class, or give --labels"
        for row in rows
        if not row.labels
    ]
    faults += _empty_class_folders(folder, {row.labels for row in rows})
    return [row for row in rows if row.labels]


def _empty_class_folders(folder: Path, classes: Collection[str]) -> Iterator[str]:
    """A fault for each folder of none of `classes`, which have audio, and for each broken link.

    A folder whose name is a fault already has no other.
    """
    entries = sorted(folder.iterdir())
    places = {path.name: path.resolve() for path in entries if path.is_dir() and path.name[0] != "."}
    for path in entries:
        if path.is_symlink() and not path.exists() and not is_audio(path.name):
            yield f"the link {printable(path.name)} leads nowhere: mend or remove it"
    for name in (name for name in places if name not in classes and not no_list_holds(name)):
        twins = [other for other in places if other != name and places[other] == places[name]]
        if twins:
            yield f"the class folders {name} and {twins[0]} are one folder: remove the link"
        else:
            yield f"the class folder {name} holds no audio file: add some, or move it away"


def source_in_name(file: str) -> str | None:
    """The recording that a file named as ESC's (fold-freesoundid-take) is a take of; None for other names.

    >>> source_in_name("dog/1-187207-A.ogg"), source_in_name("1-187207-B-0.wav"), source_in_name("2024-05-01.wav")
    ('1-187207', '1-187207', None)
    """
    take = TAKE.fullmatch(PurePosixPath(file).stem)
    return take["source"] if take else None


def on_disk(rows: Sequence[TableRow], files: Sequence[str]) -> list[TableRow]:
    """The rows with the names that their files have in `files`, also where a table spells them otherwise.

    Names that differ in nothing but Unicode form, invisible characters and outer spaces look the same.
    """
    exact, alike = set(files), defaultdict[str, list[str]](list)
    for file in files:
        alike[plain(file)].append(file)
    return [row if row.file in exact else _renamed(row, alike[plain(row.file)]) for row in rows]


def _renamed(row: TableRow, files: Sequence[str]) -> TableRow:
    file = files[0] if len(files) == 1 else row.file.strip()
    return replace(row, file=file, source=file if row.source == row.file else row.source)


def _text(path: Path, content: bytes) -> str:
    try:
        return content.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        line = content.count(b"\n", 0, error.start) + 1
        raise PslError(f"line {line} of the table {path} is not text in UTF-8: save the table as UTF-8") from None


def _rows(path: Path, text: str) -> Iterator[tuple[int, list[str]]]:
    """Each row after the line that it begins in. Raises PslError that names the line of what is no row."""
    reader, begins = csv.reader(io.StringIO(text, newline=""), skipinitialspace=True), 1
    try:
        for row in reader:
            yield begins, row
            begins = reader.line_num + 1
    except csv.Error as error:  # a cell that takes in all that follows is longer than the module allows
        fault = OPEN_QUOTE if "limit" in str(error) else f"cannot be read ({error}): write it anew"
        raise PslError(f"line {begins} of {path} {fault}") from None


def _row(where: str, row: Mapping[str, str]) -> TableRow:
    file = PurePosixPath(row["file"]).as_posix() if row["file"].strip() else ""
    source = plain(row.get(SOURCE, "")) or source_in_name(file) or file
    return TableRow(file, row["labels"], source, where, row.get(LOOKED_FOR, "").strip())


def _class(file: str) -> str:
    parts = PurePosixPath(file).parts
    return parts[0] if len(parts) > 1 else ""
