"""PSDS again, slow and plain: every threshold in turn, straight from the definitions; the tests compare the fast form with it."""

from collections.abc import Mapping, Sequence

import numpy as np

from psl.metrics.detection import ClipScores, Event, Truth, detected, within_clips
from psl.metrics.psds import Criteria

DECIMALS = 6
Point = tuple[float, float]  # effective false positive rate, true positive rate


def psds(scores: Mapping[str, ClipScores], truth: Truth, criteria: Criteria) -> float:
    """The score; classes without events are left out."""
    truth = within_clips(truth)
    used = sorted({event.class_id for event in truth.events})
    curves = [[_point(threshold, c, used, scores, truth, criteria) for threshold in _thresholds(scores, c)] for c in used]
    ends = sorted({rate for curve in curves for rate, _ in curve if rate < criteria.max_efpr} | {0.0})
    area = 0.0
    for rate, following in zip(ends, [*ends[1:], criteria.max_efpr], strict=True):
        best = [max([tpr for efpr, tpr in curve if efpr <= rate], default=0.0) for curve in curves]
        area += max(0.0, float(np.mean(best) - criteria.alpha_st * np.std(best))) * (following - rate)
    return area / criteria.max_efpr


def _thresholds(scores: Mapping[str, ClipScores], c: int) -> list[float]:
    """One just below every distinct score of the class: what lies above it is at least that score."""
    values = sorted({float(value) for clip in scores.values() for value in clip.score_TC[:, c]})
    return [float(np.nextafter(value, -np.inf)) for value in values]


def _point(threshold: float, c: int, used: Sequence[int], scores: Mapping[str, ClipScores], truth: Truth, criteria: Criteria) -> Point:
    """Both rates of class `c` where its scores lie above `threshold`."""
    threshold_C = np.where(np.arange(len(truth.classes)) == c, threshold, np.inf)
    relevant: list[Event] = []
    false: list[Event] = []
    for found in detected({clip_id: _double(clip) for clip_id, clip in scores.items()}, threshold_C):
        (relevant if _inside(found, truth, c) >= _share(criteria.dtc, found) else false).append(found)
    events = [event for event in truth.events if event.class_id == c]
    right = sum(_together(event, relevant) >= _share(criteria.gtc, event) for event in events)
    efpr = len(false) / sum(truth.duration_s.values())
    if criteria.cttc is not None:
        others = [other for other in used if other != c]
        efpr += criteria.alpha_ct * float(np.mean([_triggers(false, other, truth, criteria.cttc) for other in others]))
    return efpr * criteria.unit_s, right / len(events)


def _double(clip: ClipScores) -> ClipScores:
    return ClipScores(clip.edges_s, clip.score_TC.astype(np.float64))


def _triggers(false: Sequence[Event], other: int, truth: Truth, cttc: float) -> float:
    """False detections that lie in events of the class `other`, per second of those events."""
    seconds = sum(event.offset_s - event.onset_s for event in truth.events if event.class_id == other)
    return sum(_inside(found, truth, other) >= _share(cttc, found) for found in false) / seconds


def _inside(found: Event, truth: Truth, c: int) -> float:
    return _together(found, [event for event in truth.events if event.class_id == c])


def _together(one: Event, many: Sequence[Event]) -> float:
    """Seconds of `one` that lie in `many`, which are apart."""
    pairs = [(max(one.onset_s, other.onset_s), min(one.offset_s, other.offset_s)) for other in many if other.clip_id == one.clip_id]
    return round(sum(end - begin for begin, end in pairs if end > begin), DECIMALS)


def _share(share: float, event: Event) -> float:
    return round(share * (event.offset_s - event.onset_s), DECIMALS)
