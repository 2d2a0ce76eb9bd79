"""Collar-based F: a detection is right if it begins and ends near an event of its class, and each event is found only once.

The matching has as many pairs as possible, as sed_eval's with `event_matching_type="optimal"`.
"""

from collections import defaultdict
from collections.abc import Mapping, Sequence

import numpy as np
import numpy.typing as npt

from psl.metrics.detection import DECIMALS, ClipScores, Event, Truth, check, detected, within_clips
from psl.metrics.f_score import FScores, thresholds


def collar_f(
    scores: Mapping[str, ClipScores],
    truth: Truth,
    threshold_C: npt.NDArray[np.floating] | float,
    onset_s: float = 0.2,
    offset_s: float = 0.2,
    offset_share: float = 0.2,
) -> FScores:
    """F of the events where scores lie above the threshold of their class.

    The onset may lie `onset_s` seconds off, the offset `offset_s` or `offset_share` of the event's length, whichever is more. Raises
    PslError for what `detection.check` finds.
    """
    check(scores, truth)
    found, wanted = detected(scores, thresholds(threshold_C, truth)), within_clips(truth).events
    events_of, detections_of = _by_clip_and_class(wanted), _by_clip_and_class(found)
    number = {clip_id: n for n, clip_id in enumerate(sorted(truth.duration_s))}
    right_NC = np.zeros((len(number), len(truth.classes)), dtype=np.int64)
    for key in events_of.keys() & detections_of.keys():
        right_NC[number[key[0]], key[1]] = _pairs(_near(detections_of[key], events_of[key], onset_s, offset_s, offset_share))
    return FScores(right_NC, _counts(found, number, right_NC.shape), _counts(wanted, number, right_NC.shape))


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


def _near(found: Sequence[Event], wanted: Sequence[Event], onset_s: float, offset_s: float, offset_share: float) -> list[list[int]]:
    """The events that each detection may stand for."""
    found_DT = np.array([event[1:3] for event in found])[:, None]
    wanted_ET = np.array([event[1:3] for event in wanted])
    late_s = np.maximum(offset_s, offset_share * (wanted_ET[:, 1] - wanted_ET[:, 0]))
    collar_ET = np.column_stack([np.full(len(wanted), onset_s), late_s])
    near_DE = (np.round(np.abs(found_DT - wanted_ET) - collar_ET, DECIMALS) <= 0).all(axis=2)
    return [np.flatnonzero(near_E).tolist() for near_E in near_DE]


def _pairs(near: Sequence[Sequence[int]]) -> int:
    """Size of the largest matching of detections and events: each detection in turn, which may move earlier ones on."""
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
