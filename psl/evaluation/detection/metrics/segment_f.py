"""Segment-based F: clips are cut into equal segments, and a class is detected in each that a detection overlaps."""

import math
from collections.abc import Mapping, Sequence

import numpy as np
import numpy.typing as npt

from psl.config import Detect
from psl.evaluation.detection.metrics import DetectionMetric, SeedScore
from psl.evaluation.detection.metrics.checks import check
from psl.evaluation.detection.metrics.events import detected_events, within_clips
from psl.evaluation.detection.metrics.f_score import FScores, seed_score, thresholds
from psl.evaluation.detection.metrics.ground_truth import DECIMALS, DetectorScores, Event, GroundTruth
from psl.runtime.errors import PslError


def segment_f(
    scores: DetectorScores,
    ground_truth: GroundTruth,
    threshold_C: npt.NDArray[np.floating] | float,
    segment_s: float = 1.0,
) -> FScores:
    """F of (segment, class) pairs with scores above the threshold of their class; a clip's last segment may be shorter.

    Raises PslError for what `checks.check` finds.
    """
    if not segment_s > 0:
        raise PslError(f"segments last {segment_s} s: give a length longer than 0 s")
    check(scores, ground_truth)
    clip_ids = sorted(ground_truth.duration_s)
    counts = [max(1, math.ceil(_segments(ground_truth.duration_s[clip_id], segment_s))) for clip_id in clip_ids]
    first = dict(zip(clip_ids, np.cumsum([0, *counts[:-1]]).tolist(), strict=True))
    count = dict(zip(clip_ids, counts, strict=True))
    shape = (sum(counts), len(ground_truth.classes))
    detections = detected_events(scores, thresholds(threshold_C, ground_truth))
    detected_SC = _active(detections, first, count, shape, segment_s=segment_s)
    true_SC = _active(within_clips(ground_truth).events, first, count, shape, segment_s=segment_s)
    starts, counted = list(first.values()), (detected_SC & true_SC, detected_SC, true_SC)
    return FScores(*(np.add.reduceat(active_SC, starts, axis=0, dtype=np.int64) for active_SC in counted))


def _segments(seconds: float, segment_s: float) -> float:
    return round(seconds / segment_s, DECIMALS)


def _active(
    events: Sequence[Event],
    first: Mapping[str, int],
    count: Mapping[str, int],
    shape: tuple[int, int],
    *,
    segment_s: float,
) -> npt.NDArray[np.bool_]:
    """Which segments of all clips, one after the other, overlap an event of which class."""
    active_SC = np.zeros(shape, dtype=bool)
    for event in events:
        begin, end = math.floor(_segments(event.onset_s, segment_s)), math.ceil(_segments(event.offset_s, segment_s))
        start = first[event.clip_id]
        active_SC[start + begin : start + min(end, count[event.clip_id]), event.class_id] = True
    return active_SC


def _measure(scores: DetectorScores, ground_truth: GroundTruth, settings: Detect) -> SeedScore:
    return seed_score(segment_f(scores, ground_truth, settings.segment_threshold), settings)


METRIC = DetectionMetric(name="segment_f", heading="segment F", measure=_measure, reports_seeds=False)
