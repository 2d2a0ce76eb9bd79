"""The queue by recording, as the formats of psl.tagging write labels."""

from collections import defaultdict
from pathlib import Path

from psl.audit.queue import QueueRow
from psl.audit.record import Record
from psl.io.metadata.vocabulary import Vocabulary
from psl.tagging.formats import Source
from psl.tagging.labels import Segment

SOURCE = Source(Vocabulary(("none",), ("none",)), 0.0)  # what formats of labels need not know


def by_file(record: Record) -> dict[str, list[tuple[QueueRow, Segment]]]:
    """The rows of each recording and what they say, in the order of time."""
    found = defaultdict[str, list[tuple[QueueRow, Segment]]](list)
    for row in sorted(record.rows, key=lambda row: (row.file, row.start_ms, row.row)):
        segment = Segment(row.file, row.start_ms, row.end_ms, row.class_id, row.name, row.p)
        found[row.file].append((row, segment))
    return dict(found)


def file_of(folder: Path, file: str, suffix: str) -> Path:
    """Where a recording's labels are written: under its own name, below its own folder."""
    return folder / f"{file}{suffix}"
