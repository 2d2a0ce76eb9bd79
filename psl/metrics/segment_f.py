"""Segment-based F: clips are cut into segments of equal length, and a class is detected in each segment that a detection meets."""

import math
from collections.abc import Mapping, Sequence

import numpy as np
import numpy.typing as npt

from psl.errors import PslError
from psl.metrics.detection import DECIMALS, ClipScores, Event, Truth, check, detected, within_clips
from psl.metrics.f_score import FScores, thresholds


def segment_f(
    scores: Mapping[str, ClipScores], truth: Truth, threshold_C: npt.NDArray[np.floating] | float, segment_s: float = 1.0
) -> FScores:
    """F of (segment, class) pairs with scores above the threshold of their class; the last segment of a clip may be shorter.

    Raises PslError for what `detection.check` finds.
    """
    if not segment_s > 0:
        raise PslError(f"segments must last longer than 0 s, not {segment_s}")
    check(scores, truth)
    clip_ids = sorted(truth.duration_s)
    counts = [max(1, math.ceil(_segments(truth.duration_s[clip_id], segment_s))) for clip_id in clip_ids]
    first = dict(zip(clip_ids, np.cumsum([0, *counts[:-1]]).tolist(), strict=True))
    count = dict(zip(clip_ids, counts, strict=True))
    shape = (sum(counts), len(truth.classes))
    found_SC = _met(detected(scores, thresholds(threshold_C, truth)), first, count, shape, segment_s)
    true_SC = _met(within_clips(truth).events, first, count, shape, segment_s)
    starts = list(first.values())
    return FScores(*(np.add.reduceat(met_SC, starts, axis=0, dtype=np.int64) for met_SC in (found_SC & true_SC, found_SC, true_SC)))


def _segments(seconds: float, segment_s: float) -> float:
    return round(seconds / segment_s, DECIMALS)


def _met(
    events: Sequence[Event], first: Mapping[str, int], count: Mapping[str, int], shape: tuple[int, int], segment_s: float
) -> npt.NDArray[np.bool_]:
    """Which segments of all clips, one after the other, have some of an event of which class."""
    met_SC = np.zeros(shape, dtype=bool)
    for event in events:
        begin, end = math.floor(_segments(event.onset_s, segment_s)), math.ceil(_segments(event.offset_s, segment_s))
        met_SC[first[event.clip_id] + begin : first[event.clip_id] + min(end, count[event.clip_id]), event.class_id] = True
    return met_SC
