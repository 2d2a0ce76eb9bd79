"""Scores over time and the events that are true: what all metrics of sound event detection compare.

Times are seconds from the clip's start. Events published as 0.25 s long can pass the end of a clip that was cut before
them (DESED's validation list has 16 such events, by up to 0.115 s): up to TOLERANCE_S past the end is allowed and cut
off by `events.within_clips`, more is an error. The same tolerance holds for scores that stop before the clip's end or
begin after its start.
"""

from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass
from typing import NamedTuple

import numpy as np
import numpy.typing as npt

from psl.runtime.errors import PslError

TOLERANCE_S = 0.2
DECIMALS = 6  # times are compared after rounding to microseconds, so that 0.7 of an event is 0.7 of it


@dataclass(frozen=True)
class FrameScores:
    """Scores of one clip: `score_TC[t]` holds from `edges_s[t]` up to `edges_s[t + 1]`; edges rise, shape (T + 1,)."""

    edges_s: npt.NDArray[np.float64]
    score_TC: npt.NDArray[np.floating]


DetectorScores = Mapping[str, FrameScores]  # by clip id


class Event(NamedTuple):
    """One sound event, true or detected; `class_id` is a number in `GroundTruth.classes`."""

    clip_id: str
    onset_s: float
    offset_s: float
    class_id: int


@dataclass(frozen=True)
class GroundTruth:
    """The true events of a set of clips. `duration_s` lists every clip, those without events too.

    Raises PslError for events of unlisted clips or classes, events that end before they begin, begin outside their clip
    or end more than TOLERANCE_S after it. Overlaps within a class are refused by `checks.check` alone, so that
    `events.merge_overlaps` can merge them first.
    """

    events: tuple[Event, ...]
    duration_s: Mapping[str, float]
    classes: tuple[str, ...]

    def __post_init__(self) -> None:
        if not self.classes or not self.duration_s:
            raise PslError(
                "the ground truth has no class or no clip, and needs one of each: look at the list of events"
            )
        twice = sorted(name for name, count in Counter(self.classes).items() if count > 1)
        if twice:
            raise PslError(f"the ground truth lists the class {twice[0]} twice: name each class once")
        for clip_id, duration_s in self.duration_s.items():
            if not 0 < duration_s < np.inf:
                raise PslError(f"{clip_id} lasts {duration_s} s by the ground truth: give a number above 0")
        for event in self.events:
            self._check_event(event)

    @property
    def class_ids(self) -> frozenset[int]:
        """The numbers of the classes that have events."""
        return frozenset(event.class_id for event in self.events)

    def _check_event(self, event: Event) -> None:
        if event.clip_id not in self.duration_s:
            raise PslError(
                f"the ground truth has an event in {event.clip_id}, whose duration it does not list: add the clip or "
                "drop the event"
            )
        if not 0 <= event.class_id < len(self.classes):
            raise PslError(
                f"the ground truth has an event of class {event.class_id} in {event.clip_id}, but there are "
                f"{len(self.classes)} classes: correct the list of events"
            )
        duration_s, what = self.duration_s[event.clip_id], f"{self.classes[event.class_id]} in {event.clip_id}"
        if not event.onset_s < event.offset_s:
            raise PslError(
                f"the event {what} begins at {event.onset_s} s and ends at {event.offset_s} s: an event must end after "
                "it begins"
            )
        if not 0 <= event.onset_s < duration_s or not round(event.offset_s - duration_s, DECIMALS) <= TOLERANCE_S:
            raise PslError(
                f"the event {what} lasts from {event.onset_s} to {event.offset_s} s, but the clip ends at {duration_s} "
                "s: correct the list of events or of durations"
            )
