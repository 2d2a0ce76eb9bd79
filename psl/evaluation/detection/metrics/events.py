"""Lists of events: detections from scores, and the ground truth with events merged, cut or left out."""

from collections.abc import Collection
from dataclasses import replace

import numpy as np
import numpy.typing as npt

from psl.evaluation.detection.metrics.ground_truth import DECIMALS, DetectorScores, Event, GroundTruth
from psl.runtime.errors import PslError


def without_empty(ground_truth: GroundTruth, but: Collection[str] = ()) -> GroundTruth:
    """Without the clips that have no event, whose duration then does not count; leave out their scores as well.

    DCASE's baselines score so since 2023, before that with all clips. The clips `but` stay: they have events, of other
    classes.
    """
    if not ground_truth.events:
        raise PslError(
            "the ground truth has no event, so no clip is left without the empty ones: look at the list of events"
        )
    used = {event.clip_id for event in ground_truth.events} | set(but)
    duration_s = {clip_id: seconds for clip_id, seconds in ground_truth.duration_s.items() if clip_id in used}
    return replace(ground_truth, duration_s=duration_s)


def merge_overlaps(ground_truth: GroundTruth) -> GroundTruth:
    """With overlapping or touching events of one class in one clip made one event."""
    merged: list[Event] = []
    for event in events_by_class(ground_truth):
        if merged and same_class(merged[-1], event) and event.onset_s <= merged[-1].offset_s:
            merged[-1] = merged[-1]._replace(offset_s=max(merged[-1].offset_s, event.offset_s))
        else:
            merged.append(event)
    return replace(ground_truth, events=tuple(merged))


def within_clips(ground_truth: GroundTruth) -> GroundTruth:
    """With the events' ends cut to their clip's end."""
    duration_s = ground_truth.duration_s
    cut = (event._replace(offset_s=min(event.offset_s, duration_s[event.clip_id])) for event in ground_truth.events)
    return replace(ground_truth, events=tuple(cut))


def ends_cut(ground_truth: GroundTruth) -> int:
    """How many events `within_clips` cuts."""
    duration_s = ground_truth.duration_s
    return sum(round(event.offset_s - duration_s[event.clip_id], DECIMALS) > 0 for event in ground_truth.events)


def detected_events(scores: DetectorScores, threshold_C: npt.NDArray[np.floating]) -> tuple[Event, ...]:
    """Events where a class's score exceeds its threshold, sorted by clip, class and time.

    Times are the steps' edges.
    """
    events = []
    for clip_id in sorted(scores):
        above_TC = scores[clip_id].score_TC > threshold_C
        outside_C = np.zeros((1, above_TC.shape[1]), dtype=bool)
        change_CT = np.diff(np.concatenate([outside_C, above_TC, outside_C]), axis=0).T
        classes, steps = np.nonzero(change_CT)
        edge_s = scores[clip_id].edges_s[steps].tolist()
        events += [Event(clip_id, edge_s[n], edge_s[n + 1], int(classes[n])) for n in range(0, len(steps), 2)]
    return tuple(events)


def events_by_class(ground_truth: GroundTruth) -> list[Event]:
    """Sorted by clip, class and time."""
    return sorted(ground_truth.events, key=lambda event: (event.clip_id, event.class_id, event.onset_s, event.offset_s))


def same_class(first: Event, second: Event) -> bool:
    """Whether both are of one class in one clip."""
    return (first.clip_id, first.class_id) == (second.clip_id, second.class_id)
