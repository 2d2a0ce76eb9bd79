"""What the thresholds between 0 and 1 find in one recording: for each class, the thresholds at which events begin.

The rules of events only ask whether scores are above a threshold, so they can be applied to all thresholds at once: a
level is the threshold below which something is true, and "and" and "or" of cells are the minimum and the maximum of
their levels. Hysteresis, merged gaps and the minimum length become filters of levels.
"""

from collections.abc import Callable
from typing import Any, NamedTuple

import numpy as np
import numpy.typing as npt

from psl.tagging.events import EventRules

Levels = npt.NDArray[np.float64]


class Rises(NamedTuple):
    """R pairs: at thresholds from `low` to just below `high` an event of the class with this number begins."""

    number_R: npt.NDArray[np.int32]
    low_R: Levels
    high_R: Levels


def rises(score_TC: Levels, rules: EventRules, *, hop_ms: int, last_ms: int) -> Rises:
    """Where events begin, of the smoothed scores of a recording's cells; the last cell has `last_ms`, others `hop_ms`.

    At a threshold there are as many events as pairs with low <= threshold < high (psl.tagging.events.events_of).
    """
    level_TC = _inside(score_TC, rules.hysteresis)
    level_TC = _merged(level_TC, int(min(1000 * rules.max_gap_seconds // hop_ms, len(level_TC))))
    level_KC = _long_enough(level_TC, 1000 * rules.min_seconds, hop_ms, last_ms)
    before_KC = np.concatenate([np.zeros((1, score_TC.shape[1])), level_KC])[:-1]
    k_R, number_R = np.nonzero(level_KC > before_KC)
    return Rises(number_R.astype(np.int32), before_KC[k_R, number_R], level_KC[k_R, number_R])


def _inside(score_TC: Levels, hysteresis: float) -> Levels:
    """Below its level a cell is in an event: its score is above the threshold, or it is above the share that lets an
    event last and the cell before is in one."""
    if hysteresis == 1:
        return score_TC
    lasting_TC, level_TC = _lasting(score_TC, hysteresis), score_TC.copy()
    for t in range(1, len(level_TC)):
        np.maximum(score_TC[t], np.minimum(level_TC[t - 1], lasting_TC[t]), out=level_TC[t])
    return level_TC


def _lasting(score_TC: Levels, hysteresis: float) -> Levels:
    """The lowest thresholds whose share, rounded as a product of floats is, is not below the scores."""
    if not hysteresis:
        return np.where(score_TC > 0, np.inf, 0.0)
    level_TC = score_TC / hysteresis
    while (low := level_TC * hysteresis < score_TC).any():
        level_TC[low] = np.nextafter(level_TC[low], np.inf)
    while (high := (level_TC > 0) & (np.nextafter(level_TC, 0) * hysteresis >= score_TC)).any():
        level_TC[high] = np.nextafter(level_TC[high], 0)
    return level_TC


def _merged(level_TC: Levels, gap_cells: int) -> Levels:
    """Below its level a cell is in an event, or in a gap of at most so many cells: all stretches over it that are one
    cell longer touch an event."""
    if not gap_cells:
        return level_TC
    outside_GC = np.zeros((gap_cells, level_TC.shape[1]))
    touching_SC = _sliding(np.maximum, np.concatenate([outside_GC, level_TC, outside_GC]), gap_cells + 1)
    return _sliding(np.minimum, touching_SC, gap_cells + 1)


def _long_enough(level_TC: Levels, min_ms: float, hop_ms: int, last_ms: int) -> Levels:
    """Below its level a stretch of the minimum length, from each cell that it can begin in, is within an event."""
    cells = max(1, int(min(-(-min_ms // hop_ms), len(level_TC) + 1)))
    level_KC = _sliding(np.minimum, level_TC, cells) if cells <= len(level_TC) else level_TC[:0]
    return level_KC[:-1] if (cells - 1) * hop_ms + last_ms < min_ms else level_KC


def _sliding(function: Callable[..., Any], x_TC: Levels, length: int) -> Levels:
    """The minimum or maximum of `length` rows from each row on, by stretches that double."""
    done = 1
    while done < length:
        step = min(done, length - done)
        x_TC = function(x_TC[:-step], x_TC[step:])
        done += step
    return x_TC
