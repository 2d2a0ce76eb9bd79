"""What became of each clip that was asked for: one line a try in a CSV file that a killed run cannot break."""

import csv
import io
import os
from dataclasses import astuple, dataclass
from pathlib import Path

from psl.errors import PslError

HEADER = ["clip_id", "outcome", "seconds", "reason"]
DONE, GONE, FAILED = "done", "gone", "failed"


@dataclass(frozen=True)
class Record:
    """`gone` will not come back by itself, `failed` may go better another time; `seconds` is how long the file lasts, 0 without one."""

    clip_id: str
    outcome: str  # DONE, GONE or FAILED
    seconds: float
    reason: str


def append_record(path: Path, record: Record) -> None:
    """Add one line, on disk before this returns."""
    text = io.StringIO()
    rows = [] if path.exists() and path.stat().st_size else [HEADER]
    fields = [" ".join(str(field).split()) for field in astuple(record)]
    csv.writer(text, lineterminator="\n").writerows([*rows, fields])
    descriptor = os.open(path, os.O_WRONLY | os.O_APPEND | os.O_CREAT, 0o644)
    try:
        os.write(descriptor, text.getvalue().encode())
        os.fsync(descriptor)
    finally:
        os.close(descriptor)


def read_records(path: Path) -> dict[str, Record]:
    """The last record of each clip. A last line that was cut off is taken off the file.

    Raises PslError that names the line at fault.
    """
    if not path.exists():
        return {}
    text = path.read_bytes()
    whole = text.rfind(b"\n") + 1
    if whole < len(text):
        os.truncate(path, whole)
    rows = list(csv.reader(io.StringIO(text[:whole].decode(errors="replace"))))
    if rows and rows[0] != HEADER:
        raise PslError(f"the record {path} must begin with the line {','.join(HEADER)}: move it away to begin anew")
    return {row[0]: _record(path, line, row) for line, row in enumerate(rows[1:], 2)}


def _record(path: Path, line: int, row: list[str]) -> Record:
    try:
        clip_id, outcome, seconds, reason = row
        if outcome not in (DONE, GONE, FAILED):
            raise ValueError
        return Record(clip_id, outcome, float(seconds), reason)
    except ValueError:
        raise PslError(f"line {line} of the record {path} is broken: expected {','.join(HEADER)}") from None
