"""Parses AudioSet's segment lists and strong lists, in all spellings that are in use.

The full list has two million rows: as Arrow columns they take a tenth of the memory of Python objects.
"""

from collections.abc import Iterator
from functools import partial
from itertools import islice
from pathlib import Path
from typing import NamedTuple

import pyarrow as pa

from psl.corpora.lists.audioset_fast import read_plain_segments
from psl.io.list_files import bad, interval, is_comment, parsed, parts, rows
from psl.io.schemas import SEGMENTS
from psl.io.windows import to_units
from psl.runtime.errors import PslError

BALANCED, UNBALANCED, EVAL = "balanced_train_segments.csv", "unbalanced_train_segments.csv", "eval_segments.csv"
CLASS_LIST = "class_labels_indices.csv"
STRONG_TRAIN, STRONG_EVAL = "audioset_train_strong.tsv", "audioset_eval_strong.tsv"
STRONG_HEADER = ("segment_id", "start_time_seconds", "end_time_seconds", "label")
SOURCES, SOURCES_HEADER = (
    "sources.csv",
    ("ytid", "source"),
)  # of synthetic corpora: the group that a clip was mixed from
OFFICIAL = (BALANCED, UNBALANCED, EVAL, CLASS_LIST, STRONG_TRAIN, STRONG_EVAL)
WHERE = "AudioSet's official lists"
BATCH_ROWS = 65_536

Event = tuple[str, float, float, str]  # clip id, onset and offset in s, mid


class NamesNoClip(PslError):
    """The list exists and has no clip."""


class Segment(NamedTuple):
    """One row of a segment list, with the columns of SEGMENTS."""

    ytid: str
    start_ms: int
    end_ms: int
    labels: tuple[str, ...]


def read_segments(path: Path) -> pa.Table:
    """Parse a segment list into the columns SEGMENTS, whatever its comments, spaces, quotes and fractions of seconds.

    Raises PslError that names the file and the line at fault.
    """
    return read_plain_segments(path) or read_any_segments(path)


def read_any_segments(path: Path) -> pa.Table:
    """The same, row by row, in any spelling: slower."""
    segments = _segments(path)
    batches = []
    while batch := list(islice(segments, BATCH_ROWS)):
        batches.append(pa.record_batch([list(column) for column in zip(*batch, strict=True)], schema=SEGMENTS))
    if not batches:
        raise NamesNoClip(f"the list {path} names no clip")
    return pa.Table.from_batches(batches)


def _segments(path: Path) -> Iterator[Segment]:
    return parsed(path, _without_comments(path, ","), partial(_segment, path))


def read_strong(path: Path) -> Iterator[Event]:
    """Parse a strong list. Raises PslError that names its faulty lines."""
    listed = ((line, row) for line, row in _without_comments(path, "\t") if tuple(row) != STRONG_HEADER)
    return parsed(path, listed, partial(_event, path))


def _without_comments(path: Path, delimiter: str) -> Iterator[tuple[int, list[str]]]:
    return ((line, row) for line, row in rows(path, delimiter, WHERE) if not is_comment(path, line, row[0]))


def _event(path: Path, line: int, row: list[str]) -> Event:
    if len(row) != len(STRONG_HEADER) or not row[0] or not row[3]:
        bad(path, line, "\t".join(STRONG_HEADER))
    return row[0], *interval(path, line, row[1], row[2]), row[3]


def read_sources(lists: Path) -> dict[str, str]:
    """The source group of each clip of a synthetic corpus, by ytid; empty for other corpora."""
    if not (lists / SOURCES).exists():
        return {}
    return {row[0]: row[1] for _, row in rows(lists / SOURCES, ",", WHERE) if tuple(row) != SOURCES_HEADER}


def _segment(path: Path, line: int, row: list[str]) -> Segment:
    if len(row) < 4 or not row[0]:
        bad(path, line, 'YTID, start, end, "mid,mid"')
    start, end = interval(path, line, row[1], row[2])
    labels = parts(",".join(row[3:])) or bad(path, line, "at least one label")
    return Segment(row[0], to_units(start, 1000), to_units(end, 1000), labels)
