"""What a person hears and sees of the rows of the queue."""

from collections.abc import Sequence
from pathlib import Path

from psl.audit.queue import QueueRow
from psl.listening.excerpt import Excerpt, as_many_as_fit, excerpt_of
from psl.runtime.errors import PslError


def excerpts(folder: Path, rows: Sequence[QueueRow], workers: int) -> dict[int, Excerpt]:
    """Those of the rows by their numbers, as many as the page can hold; unreadable ones are left out."""

    def of_row(row: QueueRow) -> Excerpt | None:
        try:
            return excerpt_of(folder / row.file, row.start_ms, row.end_ms)
        except PslError:  # it could be read a moment ago
            return None

    return as_many_as_fit({row.row: row for row in rows}, of_row, workers)
