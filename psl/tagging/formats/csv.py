"""CSV in UTF-8 with a header: a row for each label or event, or a row of all scores for each window."""

import csv
import io
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from typing import Any, BinaryIO

from psl.tagging.formats import TIMES, Source
from psl.tagging.labels import Segment
from psl.tagging.scores import WindowScores

SUFFIX = ".csv"


def write(handle: BinaryIO, segments: Iterable[Segment], source: Source) -> None:
    """Columns file, start_s, end_s, class_id, class, score."""
    with _rows(handle) as writer:
        writer.writerow([*TIMES, "class_id", "class", "score"])
        for file, start_ms, end_ms, *values in segments:
            writer.writerow([file, start_ms / 1000, end_ms / 1000, *values])


def write_scores(handle: BinaryIO, windows: Iterable[WindowScores], source: Source) -> None:
    """Columns file, start_s, end_s and one for each class; scores have six decimals."""
    with _rows(handle) as writer:
        writer.writerow([*TIMES, *source.columns()])
        for file, start_ms, end_ms, p_C in windows:
            writer.writerow([file, start_ms / 1000, end_ms / 1000, *(f"{p:.6f}" for p in p_C.tolist())])


@contextmanager
def _rows(handle: BinaryIO) -> Iterator[Any]:
    """A writer of rows into `handle`, which stays open."""
    text = io.TextIOWrapper(handle, encoding="utf-8", newline="")
    try:
        yield csv.writer(text, lineterminator="\n")
    finally:
        text.detach()
