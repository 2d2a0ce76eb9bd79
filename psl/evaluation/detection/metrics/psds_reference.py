"""PSDS again, slow and plain: every threshold in turn, straight from the definitions, for tests of the fast form."""

from collections.abc import Sequence

import numpy as np

from psl.evaluation.detection.metrics.events import detected_events, within_clips
from psl.evaluation.detection.metrics.ground_truth import DetectorScores, Event, FrameScores, GroundTruth
from psl.evaluation.detection.metrics.psds import Criteria

DECIMALS = 6
Point = tuple[float, float]  # effective false positive rate, true positive rate


def psds(scores: DetectorScores, ground_truth: GroundTruth, criteria: Criteria) -> float:
    """The score; classes without events are left out."""
    ground_truth = within_clips(ground_truth)
    used = sorted(ground_truth.class_ids)
    curves = [
        [_point(threshold, c, scores, ground_truth, criteria=criteria) for threshold in _thresholds(scores, c)]
        for c in used
    ]
    ends = sorted({rate for curve in curves for rate, _ in curve if rate < criteria.max_efpr} | {0.0})
    area = 0.0
    for rate, following in zip(ends, [*ends[1:], criteria.max_efpr], strict=True):
        best = [max([tpr for efpr, tpr in curve if efpr <= rate], default=0.0) for curve in curves]
        area += max(0.0, float(np.mean(best) - criteria.alpha_st * np.std(best))) * (following - rate)
    return area / criteria.max_efpr


def _thresholds(scores: DetectorScores, c: int) -> list[float]:
    """A threshold just below every distinct score of the class: scores above it are at least that score."""
    values = sorted({float(value) for clip in scores.values() for value in clip.score_TC[:, c]})
    return [float(np.nextafter(value, -np.inf)) for value in values]


def _point(threshold: float, c: int, scores: DetectorScores, ground_truth: GroundTruth, *, criteria: Criteria) -> Point:
    """Both rates of class `c` where its scores lie above `threshold`."""
    threshold_C = np.where(np.arange(len(ground_truth.classes)) == c, threshold, np.inf)
    relevant: list[Event] = []
    false: list[Event] = []
    for detection in detected_events({clip_id: _double(clip) for clip_id, clip in scores.items()}, threshold_C):
        is_relevant = _inside(detection, ground_truth, c) >= _share(criteria.dtc, detection)
        (relevant if is_relevant else false).append(detection)
    events = [event for event in ground_truth.events if event.class_id == c]
    right = sum(_overlap(event, relevant) >= _share(criteria.gtc, event) for event in events)
    efpr = len(false) / sum(ground_truth.duration_s.values())
    if criteria.cttc is not None:
        others = sorted(ground_truth.class_ids - {c})
        efpr += criteria.alpha_ct * float(
            np.mean([_triggers(false, other, ground_truth, criteria.cttc) for other in others])
        )
    return efpr * criteria.unit_s, right / len(events)


def _double(clip: FrameScores) -> FrameScores:
    return FrameScores(clip.edges_s, clip.score_TC.astype(np.float64))


def _triggers(false: Sequence[Event], other: int, ground_truth: GroundTruth, cttc: float) -> float:
    """False detections that lie in events of the class `other`, per second of those events."""
    seconds = sum(event.offset_s - event.onset_s for event in ground_truth.events if event.class_id == other)
    return sum(_inside(detection, ground_truth, other) >= _share(cttc, detection) for detection in false) / seconds


def _inside(detection: Event, ground_truth: GroundTruth, c: int) -> float:
    return _overlap(detection, [event for event in ground_truth.events if event.class_id == c])


def _overlap(event: Event, others: Sequence[Event]) -> float:
    """Seconds of `event` that lie in `others`, which do not overlap each other."""
    pairs = [
        (max(event.onset_s, other.onset_s), min(event.offset_s, other.offset_s))
        for other in others
        if other.clip_id == event.clip_id
    ]
    return round(sum(end - begin for begin, end in pairs if end > begin), DECIMALS)


def _share(share: float, event: Event) -> float:
    return round(share * (event.offset_s - event.onset_s), DECIMALS)
