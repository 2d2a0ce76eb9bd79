"""Events: scores over time, smoothed, above a threshold, near ones merged and short ones left out.

Where windows overlap, time is divided into cells of a hop, and a cell's score is the mean of the windows over it, as in
the stage detect. The cells of a long recording are never all in memory.
"""

from collections import deque
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from typing import NamedTuple

import numpy as np
import numpy.typing as npt

from psl.evaluation.detection.grid import on_grid
from psl.evaluation.detection.median_filter import median_filter, steps_in
from psl.io.metadata.vocabulary import Vocabulary
from psl.runtime.errors import PslError
from psl.tagging.blocks import map_blocks, rechunk
from psl.tagging.labels import Segment, segment
from psl.tagging.scores import WindowScores
from psl.tagging.thresholds import Thresholds

BLOCK_CELLS = 512  # smoothed at a time

Scores = npt.NDArray[np.float64]


@dataclass(frozen=True)
class EventRules:
    """How scores become events; of 0 and 1 each does nothing."""

    median_seconds: float = 0.0  # length of the median filter, rounded to the nearest odd number of cells
    hysteresis: float = 1.0  # an event lasts while its score is above this share of the threshold that began it
    min_seconds: float = 0.0  # shorter events are left out, after merging
    max_gap_seconds: float = 0.0  # events of one class with no longer gap between them are one

    def __post_init__(self) -> None:
        """Raise PslError for a negative time, and for a share that is none."""
        for name in ("median_seconds", "min_seconds", "max_gap_seconds"):
            if not 0 <= (value := getattr(self, name)) < np.inf:
                raise PslError(f"{name} {value} is no length of time: give 0 or more seconds")
        if not 0 <= self.hysteresis <= 1:
            raise PslError(f"hysteresis {self.hysteresis} is no share of the threshold: give one from 0 to 1")


class Cell(NamedTuple):
    """A stretch of time, and the scores in it."""

    start_ms: int
    end_ms: int
    score_C: Scores


@dataclass
class Event:
    """A stretch of time in which a class is above its threshold."""

    number: int  # of its class
    start_ms: int
    end_ms: int
    score: float


def events(
    windows: Iterable[WindowScores],
    threshold_C: Thresholds,
    vocabulary: Vocabulary,
    *,
    hop_ms: int,
    rules: EventRules,
) -> list[Segment]:
    """The events of one recording by start, then by class; an event's score is its highest smoothed one."""
    files: deque[str] = deque(maxlen=1)
    found = events_of(smoothed_cells(_remember(windows, files), hop_ms, rules), threshold_C, rules)
    in_order = sorted(found, key=lambda event: (event.start_ms, event.number))
    return [
        segment(files[0], event.start_ms, event.end_ms, event.number, score=event.score, vocabulary=vocabulary)
        for event in in_order
    ]


def smoothed_cells(windows: Iterable[WindowScores], hop_ms: int, rules: EventRules) -> Iterator[Cell]:
    """The cells of one recording without gaps, after the median filter; the last may be shorter than `hop_ms`."""
    return _smoothed(_cells(windows, hop_ms), hop_ms, rules)


def events_of(cells: Iterable[Cell], threshold_C: Thresholds, rules: EventRules) -> Iterator[Event]:
    """The events of one recording, each when nothing can follow that belongs to it."""
    found = _found(cells, threshold_C, rules)
    return (event for event in found if event.end_ms - event.start_ms >= 1000 * rules.min_seconds)


def _remember(windows: Iterable[WindowScores], files: deque[str]) -> Iterator[WindowScores]:
    """The windows; `files` holds their recording's name."""
    for window in windows:
        files.append(window.file)
        yield window


def _cells(windows: Iterable[WindowScores], hop_ms: int) -> Iterator[Cell]:
    """The mean of the windows over each cell; a cell is ready when the next window begins after it."""
    held: list[WindowScores] = []
    start_ms = 0
    for window in windows:
        while start_ms + hop_ms <= window.start_ms:
            yield _cell(held, start_ms, start_ms + hop_ms)
            start_ms += hop_ms
            held = [each for each in held if each.end_ms > start_ms]
        held.append(window)
    end_ms = held[-1].end_ms
    for start in range(start_ms, end_ms, hop_ms):
        yield _cell(held, start, min(start + hop_ms, end_ms))


def _cell(windows: list[WindowScores], start_ms: int, end_ms: int) -> Cell:
    start_ms_W = np.array([window.start_ms for window in windows])
    p_WC = np.stack([window.p_C for window in windows])
    length_ms = windows[0].end_ms - windows[0].start_ms
    return Cell(start_ms, end_ms, on_grid(p_WC, start_ms_W, length_ms, np.array([start_ms, end_ms]))[0])


def _smoothed(cells: Iterable[Cell], hop_ms: int, rules: EventRules) -> Iterator[Cell]:
    """The cells after the median filter, which mirrors a recording at its ends."""
    steps = steps_in(rules.median_seconds, hop_ms / 1000)
    if steps == 1:
        yield from cells
        return
    times: deque[tuple[int, int]] = deque()
    rows = (_without_time(cell, times) for cell in cells)
    blocks = rechunk(rows, max(BLOCK_CELLS, steps))
    for score_TC in map_blocks(blocks, lambda block_TC: median_filter(block_TC, steps), steps // 2):
        for score_C in score_TC:
            yield Cell(*times.popleft(), score_C)


def _without_time(cell: Cell, times: deque[tuple[int, int]]) -> Scores:
    """The scores as an array (1, C); the times go into `times`."""
    times.append((cell.start_ms, cell.end_ms))
    return cell.score_C[None]


def _found(cells: Iterable[Cell], threshold_C: Thresholds, rules: EventRules) -> Iterator[Event]:
    """Events of any length, near ones merged."""
    latest: dict[int, Event] = {}
    inside_C = np.zeros(len(threshold_C), bool)
    low_C, wanted_C = threshold_C.copy(), np.isfinite(threshold_C)
    low_C[wanted_C] *= rules.hysteresis
    for cell in cells:
        inside_C = (cell.score_C > threshold_C) | (inside_C & (cell.score_C > low_C))
        for number in np.flatnonzero(inside_C).tolist():
            score, event = float(cell.score_C[number]), latest.get(number)
            if event is not None and cell.start_ms - event.end_ms <= 1000 * rules.max_gap_seconds:
                event.end_ms, event.score = cell.end_ms, max(event.score, score)
            else:
                if event is not None:
                    yield event
                latest[number] = Event(number, cell.start_ms, cell.end_ms, score)
    yield from latest.values()
