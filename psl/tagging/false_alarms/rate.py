"""The number of events of a class at every threshold, and the lowest threshold that keeps a rate."""

import math
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from psl.tagging.false_alarms.levels import Levels, Rises

DIGITS = 7  # of a threshold; float32, which scores are, has steps of 6e-8 below 1
LOGIT_MARGIN = 4e-6  # by which the logit of a score differs with the other windows of its batch, at most


@dataclass(frozen=True, eq=False)
class Curve:
    """How many events of one class there are at a threshold; both arrays ascend."""

    low_R: Levels
    high_R: Levels

    def count(self, threshold: float) -> int:
        """The events at this threshold: those that begin above it, without those that have not begun below."""
        above = [len(level_R) - np.searchsorted(level_R, threshold, "right") for level_R in (self.high_R, self.low_R)]
        return int(above[0] - above[1])

    def lowest(self, allowed: int) -> float:
        """The lowest threshold from which on, whatever the threshold, there are at most so many events.

        The number of events may fall with the threshold, too, when two become one: what counts is the first threshold
        from above below which there are more.
        """
        level_L = np.unique(self.high_R)[::-1]
        just_below_L = (len(self.high_R) - np.searchsorted(self.high_R, level_L)) - (
            len(self.low_R) - np.searchsorted(self.low_R, level_L)
        )
        more_L = just_below_L > allowed
        return float(level_L[more_L.argmax()]) if more_L.any() else 0.0


def curves(recordings: Sequence[Rises], n_classes: int) -> list[Curve]:
    """That of each class over all recordings."""
    joined = [np.concatenate(parts) for parts in zip(*recordings, strict=True)]
    number_R, low_R, high_R = joined
    order_R = np.argsort(number_R, kind="stable")
    edges = np.searchsorted(number_R[order_R], np.arange(1, n_classes))
    split = zip(np.split(low_R[order_R], edges), np.split(high_R[order_R], edges), strict=True)
    return [Curve(np.sort(low_R), np.sort(high_R)) for low_R, high_R in split]


def with_margin(threshold: float) -> float:
    """A little above the lowest threshold, where there are no more events: another batch may raise the score there.

    >>> with_margin(0.5), with_margin(0.9999990), with_margin(1.0)
    (0.5000011, 0.9999992, 1.0)
    """
    margin = 10**-DIGITS + LOGIT_MARGIN * threshold * (1 - threshold)
    return min(1.0, rounded_up(threshold + margin, DIGITS))


def rounded_up(threshold: float, digits: int) -> float:
    """To so many decimals: above the lowest threshold there are not more events.

    >>> rounded_up(0.12341, 4), rounded_up(0.5, 4), rounded_up(0.99995, 4)
    (0.1235, 0.5, 1.0)
    """
    scale = 10**digits
    steps = math.ceil(threshold * scale)
    return next(value for value in (steps / scale, (steps + 1) / scale) if value >= threshold)
