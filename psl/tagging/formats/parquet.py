"""Parquet: a row for each label or event, or a row of all scores for each window; written in groups of rows."""

from collections.abc import Callable, Iterable, Iterator
from itertools import islice
from typing import Any, BinaryIO

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq

from psl.tagging.formats import Source
from psl.tagging.labels import Segment
from psl.tagging.scores import WindowScores

SUFFIX = ".parquet"
ONE_FILE = True
GROUP_ROWS = 4096  # that are in memory
TIMES = [("file", pa.string()), ("start_s", pa.float64()), ("end_s", pa.float64())]
SEGMENTS = pa.schema([*TIMES, ("class_id", pa.string()), ("class", pa.string()), ("score", pa.float64())])


def write(handle: BinaryIO, segments: Iterable[Segment], source: Source) -> None:
    """Columns file, start_s, end_s, class_id, class, score."""
    _write(handle, SEGMENTS, segments, lambda rows: [*_times(rows), *list(zip(*rows, strict=True))[3:]])


def write_scores(handle: BinaryIO, windows: Iterable[WindowScores], source: Source) -> None:
    """Columns file, start_s, end_s and a float32 for each class."""
    schema = pa.schema([*TIMES, *((name, pa.float32()) for name in source.columns())])
    _write(handle, schema, windows, lambda rows: [*_times(rows), *np.stack([row.p_C for row in rows], axis=1)])


def _write(handle: BinaryIO, schema: pa.Schema, rows: Iterable[Any], columns: Callable[[Any], list[Any]]) -> None:
    remaining: Iterator[Any] = iter(rows)
    with pq.ParquetWriter(handle, schema) as writer:
        while group := list(islice(remaining, GROUP_ROWS)):
            arrays = [pa.array(column, kind.type) for column, kind in zip(columns(group), schema, strict=True)]
            writer.write_table(pa.table(arrays, schema=schema))


def _times(rows: list[Any]) -> list[Any]:
    return [
        [row.file for row in rows],
        np.array([row.start_ms for row in rows]) / 1000,
        np.array([row.end_ms for row in rows]) / 1000,
    ]
