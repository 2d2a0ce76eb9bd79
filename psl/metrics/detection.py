"""What all metrics of sound event detection share: scores over time, true events, and the checks that both belong together.

Times are seconds from the clip's start. Events published as 0.25 s long can pass the end of a clip that was cut before them (DESED's
validation list has 16 such events, by up to 0.115 s): up to TOLERANCE_S past the end is allowed and cut off by `within_clips`, more is
an error. The same tolerance holds for scores that stop before the clip's end or begin after its start.
"""

from collections import Counter
from collections.abc import Collection, Mapping
from dataclasses import dataclass, replace
from itertools import pairwise
from typing import NamedTuple

import numpy as np
import numpy.typing as npt

from psl.errors import PslError

TOLERANCE_S = 0.2
DECIMALS = 6  # times are compared after rounding to microseconds, so that 0.7 of an event is 0.7 of it


@dataclass(frozen=True)
class ClipScores:
    """Scores of one clip: `score_TC[t]` holds from `edges_s[t]` up to `edges_s[t + 1]`; edges rise and leave no gap, shape (T + 1,)."""

    edges_s: npt.NDArray[np.float64]
    score_TC: npt.NDArray[np.floating]


class Event(NamedTuple):
    """One sound event, true or detected; `class_id` is a number in `Truth.classes`."""

    clip_id: str
    onset_s: float
    offset_s: float
    class_id: int


@dataclass(frozen=True)
class Truth:
    """The true events of a set of clips. `duration_s` lists every clip, those without events too.

    Raises PslError for events of unlisted clips or classes, events that end before they begin, begin outside their clip or end more
    than TOLERANCE_S after it. Overlaps within a class are no error here but in `check`, so that `merge_overlaps` can mend them.
    """

    events: tuple[Event, ...]
    duration_s: Mapping[str, float]
    classes: tuple[str, ...]

    def __post_init__(self) -> None:
        if not self.classes or not self.duration_s:
            raise PslError("the truth of a detection needs at least one class and one clip: look at the list of events")
        twice = sorted(name for name, count in Counter(self.classes).items() if count > 1)
        if twice:
            raise PslError(f"the truth lists the class {twice[0]} twice: name each class once")
        for clip_id, duration_s in self.duration_s.items():
            if not 0 < duration_s < np.inf:
                raise PslError(f"the truth says that {clip_id} lasts {duration_s} s: give a number above 0")
        for event in self.events:
            self._check_event(event)

    def _check_event(self, event: Event) -> None:
        if event.clip_id not in self.duration_s:
            raise PslError(f"the truth has an event in {event.clip_id}, whose duration it does not list: add the clip or drop the event")
        if not 0 <= event.class_id < len(self.classes):
            raise PslError(
                f"the truth has an event of class {event.class_id} in {event.clip_id}, but there are {len(self.classes)} classes"
            )
        duration_s, what = self.duration_s[event.clip_id], f"{self.classes[event.class_id]} in {event.clip_id}"
        if not event.onset_s < event.offset_s:
            raise PslError(
                f"the event {what} begins at {event.onset_s} s and ends at {event.offset_s} s: an event must end after it begins"
            )
        if not 0 <= event.onset_s < duration_s or not round(event.offset_s - duration_s, DECIMALS) <= TOLERANCE_S:
            span = f"from {event.onset_s} to {event.offset_s} s"
            raise PslError(f"the event {what} lies {span}, but the clip ends at {duration_s} s: mend the list of events or of durations")


def check(scores: Mapping[str, ClipScores], truth: Truth) -> None:
    """Raise PslError, one sentence, unless `scores` and `truth` are of the same clips and classes and every score is usable."""
    _same_clips(scores, truth)
    for clip_id, clip in scores.items():
        _check_clip(clip_id, clip, truth)
    _no_overlaps(truth)


def _same_clips(scores: Mapping[str, ClipScores], truth: Truth) -> None:
    without, unknown = sorted(truth.duration_s.keys() - scores.keys()), sorted(scores.keys() - truth.duration_s.keys())
    if without:
        raise PslError(
            f"{len(without)} clips of the truth have no scores, the first is {without[0]}: score them or drop them from the truth"
        )
    if unknown:
        raise PslError(
            f"{len(unknown)} scored clips are not in the truth, the first is {unknown[0]}: add their durations or leave them out"
        )


def _check_clip(clip_id: str, clip: ClipScores, truth: Truth) -> None:
    edges_s, score_TC, duration_s = clip.edges_s, clip.score_TC, truth.duration_s[clip_id]
    if score_TC.ndim != 2 or score_TC.shape[1] != len(truth.classes):
        raise PslError(
            f"the scores of {clip_id} have the shape {score_TC.shape}, the truth has {len(truth.classes)} classes: (steps, classes)"
        )
    if edges_s.shape != (len(score_TC) + 1,) or len(score_TC) == 0:
        raise PslError(
            f"the scores of {clip_id} have {len(score_TC)} steps and {edges_s.size} edges: give steps, and one edge more than steps"
        )
    if not np.isfinite(edges_s).all() or not (np.diff(edges_s) > 0).all():
        raise PslError(f"the edges of the scores of {clip_id} do not rise: give the steps in their order in time, without gaps")
    if np.isnan(score_TC).any():
        raise PslError(
            f"{int(np.isnan(score_TC).any(axis=1).sum())} steps of {clip_id} have NaN for a score: look at the model that gave them"
        )
    if edges_s[0] < 0 or edges_s[0] > TOLERANCE_S or edges_s[-1] < duration_s - TOLERANCE_S or edges_s[-2] >= duration_s + TOLERANCE_S:
        span = f"from {edges_s[0]:g} to {edges_s[-1]:g} s"
        raise PslError(f"the scores of {clip_id} go {span}, but the clip from 0 to {duration_s:g} s: score the whole clip and no more")


def _no_overlaps(truth: Truth) -> None:
    for first, second in pairwise(_by_class(truth)):
        if _same_class(first, second) and round(first.offset_s - second.onset_s, DECIMALS) > 0:
            raise PslError(
                f"{first.clip_id} has two events of {truth.classes[first.class_id]} that overlap, "
                f"{first.onset_s} to {first.offset_s} s and {second.onset_s} to {second.offset_s} s: mend the list, or merge overlaps"
            )


def without_empty(truth: Truth, but: Collection[str] = ()) -> Truth:
    """The truth without the clips that have no event, whose duration then does not count; leave out their scores as well.

    DCASE's baselines score so since 2023, before that with all clips. The clips `but` stay: they have events, of other classes.
    """
    if not truth.events:
        raise PslError("the truth has no event at all: nothing is left without the empty clips")
    used = {event.clip_id for event in truth.events} | set(but)
    return replace(truth, duration_s={clip_id: duration_s for clip_id, duration_s in truth.duration_s.items() if clip_id in used})


def merge_overlaps(truth: Truth) -> Truth:
    """The truth with overlapping or touching events of one class in one clip made one event."""
    merged: list[Event] = []
    for event in _by_class(truth):
        if merged and _same_class(merged[-1], event) and event.onset_s <= merged[-1].offset_s:
            merged[-1] = merged[-1]._replace(offset_s=max(merged[-1].offset_s, event.offset_s))
        else:
            merged.append(event)
    return replace(truth, events=tuple(merged))


def within_clips(truth: Truth) -> Truth:
    """The truth with the events' ends cut to their clip's end."""
    cut = (event._replace(offset_s=min(event.offset_s, truth.duration_s[event.clip_id])) for event in truth.events)
    return replace(truth, events=tuple(cut))


def ends_cut(truth: Truth) -> int:
    """How many events `within_clips` cuts."""
    return sum(round(event.offset_s - truth.duration_s[event.clip_id], DECIMALS) > 0 for event in truth.events)


def detected(scores: Mapping[str, ClipScores], threshold_C: npt.NDArray[np.floating]) -> tuple[Event, ...]:
    """The events where a class's score lies above its threshold, sorted by clip, class and time; times are the steps' edges."""
    events = []
    for clip_id in sorted(scores):
        above_TC = scores[clip_id].score_TC > threshold_C
        outside_C = np.zeros((1, above_TC.shape[1]), dtype=bool)
        change_CT = np.diff(np.concatenate([outside_C, above_TC, outside_C]), axis=0).T
        classes, steps = np.nonzero(change_CT)
        edge_s = scores[clip_id].edges_s[steps].tolist()
        events += [Event(clip_id, edge_s[n], edge_s[n + 1], int(classes[n])) for n in range(0, len(steps), 2)]
    return tuple(events)


def _by_class(truth: Truth) -> list[Event]:
    return sorted(truth.events, key=lambda event: (event.clip_id, event.class_id, event.onset_s, event.offset_s))


def _same_class(first: Event, second: Event) -> bool:
    return (first.clip_id, first.class_id) == (second.clip_id, second.class_id)
