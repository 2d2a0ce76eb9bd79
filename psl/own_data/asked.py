"""What a person says of their recordings: a table `file,labels`, or one folder a class. Faults are gathered, not raised."""

import csv
from dataclasses import dataclass
from pathlib import Path, PurePosixPath

from psl.audio_places.names import BY_LIBSNDFILE
from psl.errors import PslError
from psl.soundscapes.bank import TAKE

NEEDED, SOURCE = ("file", "labels"), "source"


@dataclass(frozen=True)
class Asked:
    """One recording: `file` relative to the folder; `labels` as they were written; `source` groups what belongs together."""

    file: str
    labels: str
    source: str
    where: str  # the line or folder that says so


def read_table(path: Path, faults: list[str]) -> list[Asked]:
    """The rows of a CSV with the columns file and labels, and source where groups are known; other columns are not read.

    Rows that cannot be understood are added to `faults`. Raises PslError when the whole is no such table.
    """
    try:
        with path.open(newline="", encoding="utf-8-sig") as handle:
            rows = [(number, [field.strip() for field in row]) for number, row in enumerate(csv.reader(handle), 1) if any(row)]
    except FileNotFoundError:
        raise PslError(f"the table {path} does not exist: give a CSV with the columns {' and '.join(NEEDED)}") from None
    except (UnicodeDecodeError, csv.Error) as error:
        raise PslError(f"the table {path} is not a CSV in UTF-8 ({error})") from None
    header = rows[0][1] if rows else []
    if not set(NEEDED) <= set(header):
        raise PslError(f"the table {path} must begin with a line that names the columns {' and '.join(NEEDED)}, not {','.join(header)!r}")
    long = [number for number, row in rows if len(row) != len(header)]
    faults += [f"line {number} of {path} has not {len(header)} fields as its header: put labels with commas in quotes" for number in long]
    return [_row(f"line {number} of {path}", dict(zip(header, row, strict=True))) for number, row in rows[1:] if number not in long]


def read_class_folders(folder: Path, faults: list[str]) -> list[Asked]:
    """Every audio file below `folder`, labelled with the first folder that it lies in."""
    asked = [_row(f"the folder {PurePosixPath(file).parts[0]}", {"file": file, "labels": _class(file)}) for file in audio_files(folder)]
    faults += [f"{row.file} lies in no class folder: make one folder a class, or give --labels" for row in asked if not row.labels]
    return [row for row in asked if row.labels]


def audio_files(folder: Path) -> list[str]:
    """The audio files at any depth, relative, sorted; hidden ones are not looked at."""
    found = (path.relative_to(folder) for path in folder.rglob("*") if path.suffix.lower() in BY_LIBSNDFILE and path.is_file())
    return sorted(path.as_posix() for path in found if not any(part.startswith(".") for part in path.parts))


def _row(where: str, row: dict[str, str]) -> Asked:
    file = PurePosixPath(row["file"])
    take = TAKE.fullmatch(file.stem)
    return Asked(file.as_posix() if row["file"] else "", row["labels"], row.get(SOURCE) or (take["source"] if take else str(file)), where)


def _class(file: str) -> str:
    parts = PurePosixPath(file).parts
    return parts[0] if len(parts) > 1 else ""
