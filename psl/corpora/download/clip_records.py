"""A record of each attempt to fetch a clip: one line per attempt in a CSV file that a killed run cannot break."""

import csv
import io
import os
from dataclasses import astuple, dataclass
from pathlib import Path

from psl.runtime.errors import PslError

HEADER = ["clip_id", "outcome", "seconds", "reason"]
DONE, UNAVAILABLE, FAILED = "done", "gone", "failed"  # as clips.csv spells them


@dataclass(frozen=True)
class Record:
    """One attempt: UNAVAILABLE is permanent, FAILED is worth another try; `seconds` is the length of the file, or 0."""

    clip_id: str
    outcome: str  # DONE, UNAVAILABLE or FAILED
    seconds: float
    reason: str


def append_record(path: Path, record: Record) -> None:
    """Append one line and flush it to disk."""
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
    """The last record of each clip. An incomplete last line is removed from the file.

    Raises PslError that names the line at fault.
    """
    if not path.exists():
        return {}
    text = path.read_bytes()
    complete = text.rfind(b"\n") + 1
    if complete < len(text):
        os.truncate(path, complete)
    rows = list(csv.reader(io.StringIO(text[:complete].decode(errors="replace"))))
    if rows and rows[0] != HEADER:
        raise PslError(
            f"the record {path} must begin with the line {','.join(HEADER)}: move it away to start a new one"
        )
    return {row[0]: _record(path, line, row) for line, row in enumerate(rows[1:], 2)}


def _record(path: Path, line: int, row: list[str]) -> Record:
    try:
        clip_id, outcome, seconds, reason = row
        if outcome not in (DONE, UNAVAILABLE, FAILED):
            raise ValueError
        return Record(clip_id, outcome, float(seconds), reason)
    except ValueError:
        raise PslError(f"line {line} of the record {path} is broken: expected {','.join(HEADER)}") from None
