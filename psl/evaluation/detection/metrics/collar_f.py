"""Collar-based F: a detection is right if it begins and ends near an event of its class, one detection an event.

The matching has as many pairs as possible, as sed_eval's with `event_matching_type="optimal"`.
"""

from collections import defaultdict
from collections.abc import Mapping, Sequence

import numpy as np
import numpy.typing as npt

from psl.config import Detect
from psl.evaluation.detection.metrics import DetectionMetric, SeedScore
from psl.evaluation.detection.metrics.checks import check
from psl.evaluation.detection.metrics.events import detected_events, within_clips
from psl.evaluation.detection.metrics.f_score import FScores, seed_score, thresholds
from psl.evaluation.detection.metrics.ground_truth import DECIMALS, DetectorScores, Event, GroundTruth


def collar_f(
    scores: DetectorScores,
    ground_truth: GroundTruth,
    threshold_C: npt.NDArray[np.floating] | float,
    *,
    onset_s: float = 0.2,
    offset_s: float = 0.2,
    offset_share: float = 0.2,
) -> FScores:
    """F of the events where scores lie above the threshold of their class.

    The onset may be `onset_s` seconds off, the offset `offset_s` or `offset_share` of the event's length, whichever is
    more. Raises PslError for what `checks.check` finds.
    """
    check(scores, ground_truth)
    detections = detected_events(scores, thresholds(threshold_C, ground_truth))
    events = within_clips(ground_truth).events
    events_of, detections_of = _by_clip_and_class(events), _by_clip_and_class(detections)
    number = {clip_id: n for n, clip_id in enumerate(sorted(ground_truth.duration_s))}
    right_NC = np.zeros((len(number), len(ground_truth.classes)), dtype=np.int64)
    for key in events_of.keys() & detections_of.keys():
        near = _near(detections_of[key], events_of[key], onset_s, offset_s, offset_share=offset_share)
        right_NC[number[key[0]], key[1]] = _largest_matching(near)
    return FScores(right_NC, _counts(detections, number, right_NC.shape), _counts(events, number, right_NC.shape))


def _by_clip_and_class(events: Sequence[Event]) -> dict[tuple[str, int], list[Event]]:
    groups: dict[tuple[str, int], list[Event]] = defaultdict(list)
    for event in events:
        groups[event.clip_id, event.class_id].append(event)
    return groups


def _counts(events: Sequence[Event], number: Mapping[str, int], shape: tuple[int, int]) -> npt.NDArray[np.int64]:
    counts_NC = np.zeros(shape, dtype=np.int64)
    for event in events:
        counts_NC[number[event.clip_id], event.class_id] += 1
    return counts_NC


def _near(
    detections: Sequence[Event], events: Sequence[Event], onset_s: float, offset_s: float, *, offset_share: float
) -> list[list[int]]:
    """The events that each detection may be matched with."""
    detection_D1T = np.array([event[1:3] for event in detections])[:, None]
    event_ET = np.array([event[1:3] for event in events])
    offset_collar_E = np.maximum(offset_s, offset_share * (event_ET[:, 1] - event_ET[:, 0]))
    collar_ET = np.column_stack([np.full(len(events), onset_s), offset_collar_E])
    near_DE = (np.round(np.abs(detection_D1T - event_ET) - collar_ET, DECIMALS) <= 0).all(axis=2)
    return [np.flatnonzero(near_E).tolist() for near_E in near_DE]


def _largest_matching(near: Sequence[Sequence[int]]) -> int:
    """Size of the largest matching of detections and events.

    Detections are placed in turn, and may move earlier ones to other events that are near to those.
    """
    owner: dict[int, int] = {}

    def place(detection: int, tried: set[int]) -> bool:
        for event in near[detection]:
            if event not in tried:
                tried.add(event)
                if event not in owner or place(owner[event], tried):
                    owner[event] = detection
                    return True
        return False

    return sum(place(detection, set()) for detection in range(len(near)))


def _measure(scores: DetectorScores, ground_truth: GroundTruth, settings: Detect) -> SeedScore:
    return seed_score(collar_f(scores, ground_truth, settings.collar_threshold), settings)


METRIC = DetectionMetric(name="collar_f", heading="collar F", measure=_measure, reports_seeds=False)
