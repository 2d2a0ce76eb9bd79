"""JSON lines: an object for each label or event, or for each window with all its scores."""

import json
from collections.abc import Iterable
from typing import Any, BinaryIO

from psl.tagging.formats import TIMES, Source
from psl.tagging.labels import Segment
from psl.tagging.scores import WindowScores

SUFFIX = ".jsonl"


def write(handle: BinaryIO, segments: Iterable[Segment], source: Source) -> None:
    """Keys file, start_s, end_s, class_id, class, score."""
    for file, start_ms, end_ms, *values in segments:
        times = dict(zip(TIMES, (file, start_ms / 1000, end_ms / 1000), strict=True))
        _line(handle, times | dict(zip(("class_id", "class", "score"), values, strict=True)))


def write_scores(handle: BinaryIO, windows: Iterable[WindowScores], source: Source) -> None:
    """Keys file, start_s, end_s, and scores, which has a key for each class; they have six decimals."""
    columns = source.columns()
    for file, start_ms, end_ms, p_C in windows:
        scores = {name: round(p, 6) for name, p in zip(columns, p_C.tolist(), strict=True)}
        _line(handle, {"file": file, "start_s": start_ms / 1000, "end_s": end_ms / 1000, "scores": scores})


def _line(handle: BinaryIO, value: dict[str, Any]) -> None:
    handle.write(json.dumps(value, ensure_ascii=False).encode() + b"\n")
