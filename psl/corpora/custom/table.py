"""The labels of a person's recordings, from a table or from class folders; faults are gathered, not raised."""

import csv
import os
import re
from collections.abc import Collection, Iterator
from dataclasses import dataclass
from pathlib import Path, PurePosixPath
from typing import TextIO

from psl.audio.places import folder as audio_folder
from psl.audio.places.names import SUFFIXES
from psl.runtime.errors import PslError

NEEDED, SOURCE, LOOKED_FOR = ("file", "labels"), "source", "looked_for"
UNREAD = (".aif", ".aiff", ".amr", ".au", ".caf", ".mka", ".mov", ".oga", ".wma", ".wv")  # audio that psl does not read
TAKE = re.compile(r"(?P<source>\d-\d+)-[A-Z](-\d+)?")  # fold, number at Freesound, take and, in ESC-50, class


@dataclass(frozen=True)
class TableRow:
    """One recording: `file` relative to the folder, `labels` as written, and its `source`, which others may share.

    `looked_for` has the classes that were looked for in it, as written; none where that is not said.
    """

    file: str
    labels: str
    source: str
    where: str  # the line or folder that states it
    looked_for: str = ""


def read_table(path: Path, faults: list[str]) -> list[TableRow]:
    """The rows of a CSV with the columns file, labels and maybe source and looked_for; other columns are not read.

    Rows that cannot be understood are added to `faults`. Raises PslError when the whole is no such table.
    """
    try:
        with path.open(newline="", encoding="utf-8-sig") as handle:
            rows = [(line, [field.strip() for field in row]) for line, row in _rows(handle) if any(row)]
    except FileNotFoundError:
        raise PslError(f"the table {path} does not exist: give a CSV with the columns {' and '.join(NEEDED)}") from None
    except (UnicodeDecodeError, csv.Error) as error:
        raise PslError(f"the table {path} is not a CSV in UTF-8 ({error})") from None
    header = rows[0][1] if rows else []
    if not set(NEEDED) <= set(header):
        raise PslError(
            f"the table {path} must begin with a line that names the columns {' and '.join(NEEDED)}, not "
            f"{','.join(header)!r}"
        )
    fault_of = {line: fault for line, row in rows if (fault := _fault(row, len(header)))}
    faults += [f"line {line} of {path} {fault}" for line, fault in fault_of.items()]
    numbered = [(line, row) for line, row in rows[1:] if line not in fault_of]
    return [_row(f"line {line} of {path}", dict(zip(header, row, strict=True))) for line, row in numbered]


def _fault(row: list[str], fields: int) -> str | None:
    """Why a row cannot be understood."""
    if any("\n" in field for field in row):
        return "has a quote that is not closed in that line"
    return (
        None
        if len(row) == fields
        else f"has {len(row)} fields and its header {fields}: put labels with commas in quotes"
    )


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
        if path.is_symlink() and not path.exists() and not _is_audio(path.name):
            yield f"the link {_printable(path.name)} leads nowhere: mend or remove it"
    for name in (name for name in places if name not in classes and _printable(name) == name):
        twins = [other for other in places if other != name and places[other] == places[name]]
        if twins:
            yield f"the class folders {name} and {twins[0]} are one folder: remove the link"
        else:
            yield f"the class folder {name} holds no audio file: add some, or move it away"


def audio_files(folder: Path, faults: list[str]) -> list[str]:
    """Audio files by their names, at any depth and in linked folders, but hidden ones; relative to `folder`, sorted.

    Folders that cannot be listed and names that no list can hold are added to `faults`.
    """
    base = os.path.abspath(folder)
    places = ((os.path.relpath(place, base), name) for place, name in audio_folder.files(folder, faults.append))
    paths = [PurePosixPath(place, name) for place, name in places if _is_audio(name)]
    files = sorted(str(path) for path in paths if not any(part.startswith(".") for part in path.parts))
    faults += [
        f"the name of the file {_printable(file)} is not UTF-8: rename it" for file in files if _printable(file) != file
    ]
    return [file for file in files if _printable(file) == file]


def source_in_name(file: str) -> str | None:
    """The recording that a file named as ESC's (fold-freesoundid-take) is a take of; None for other names.

    >>> source_in_name("dog/1-187207-A.ogg"), source_in_name("1-187207-B-0.wav"), source_in_name("2024-05-01.wav")
    ('1-187207', '1-187207', None)
    """
    take = TAKE.fullmatch(PurePosixPath(file).stem)
    return take["source"] if take else None


def _is_audio(name: str) -> bool:
    return os.path.splitext(name)[1].lower() in (*SUFFIXES, *UNREAD)


def _rows(handle: TextIO) -> Iterator[tuple[int, list[str]]]:
    """Each row after the line that it begins in."""
    reader, begins = csv.reader(handle), 1
    for row in reader:
        yield begins, row
        begins = reader.line_num + 1


def _row(where: str, row: dict[str, str]) -> TableRow:
    file = PurePosixPath(row["file"])
    source = row.get(SOURCE) or source_in_name(str(file)) or str(file)
    return TableRow(file.as_posix() if row["file"] else "", row["labels"], source, where, row.get(LOOKED_FOR, ""))


def _class(file: str) -> str:
    parts = PurePosixPath(file).parts
    return parts[0] if len(parts) > 1 else ""


def _printable(name: str) -> str:
    return name.encode(errors="backslashreplace").decode()
