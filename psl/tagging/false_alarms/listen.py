"""Recordings of background: how long they are, which alarms the thresholds in use give, and where other ones would."""

from array import array
from collections import deque
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from functools import partial
from threading import Event

import numpy as np
import numpy.typing as npt

from psl.runtime.progress import track
from psl.runtime.runners import Runner
from psl.runtime.runners.in_process import Serial, Threads
from psl.tagging.events import Cell, EventRules, events_of, smoothed_cells
from psl.tagging.false_alarms.levels import Rises, rises
from psl.tagging.run import Job, Run, log_failed, share_out, stopped_by_interrupt, until
from psl.tagging.scores import Notes, WindowScores
from psl.tagging.thresholds import Thresholds

MS_PER_HOUR = 3_600_000

Counts = npt.NDArray[np.int64]


@dataclass(frozen=True, eq=False)
class Heard:
    """What is kept of one recording, for C classes; of its scores only what other thresholds would find."""

    duration_ms: int
    alarms_C: Counts
    alarm_ms_C: Counts  # time in alarms
    rises: Rises | None


@dataclass(frozen=True, eq=False)
class Listener:
    """Counts alarms, which are events of psl.tagging.events; threads may share it."""

    threshold_C: Thresholds
    rules: EventRules
    hop_ms: int
    every_threshold: bool  # keep what other thresholds would find

    def hear(self, windows: Iterable[WindowScores]) -> Heard:
        """The alarms of one recording."""
        alarms_C, alarm_ms_C = (np.zeros(len(self.threshold_C), np.int64) for _ in range(2))
        last: deque[Cell] = deque(maxlen=1)
        kept = array("d")
        cells = self._keep(smoothed_cells(windows, self.hop_ms, self.rules), last, kept)
        for event in events_of(cells, self.threshold_C, self.rules):
            alarms_C[event.number] += 1
            alarm_ms_C[event.number] += event.end_ms - event.start_ms
        return Heard(last[0].end_ms, alarms_C, alarm_ms_C, self._rises(kept, last[0]) if kept else None)

    def _keep(self, cells: Iterable[Cell], last: deque[Cell], kept: "array[float]") -> Iterator[Cell]:
        """The cells; `last` holds the latest, and `kept` the scores of the classes in use, if they are needed."""
        wanted_C = np.isfinite(self.threshold_C)
        for cell in cells:
            last.append(cell)
            if self.every_threshold:
                kept.frombytes(cell.score_C[wanted_C].tobytes())
            yield cell

    def _rises(self, kept: "array[float]", last: Cell) -> Rises:
        wanted = np.flatnonzero(np.isfinite(self.threshold_C)).astype(np.int32)
        score_TC = np.frombuffer(kept).reshape(-1, len(wanted))
        found = rises(score_TC, self.rules, hop_ms=self.hop_ms, last_ms=last.end_ms - last.start_ms)
        return found._replace(number_R=wanted[found.number_R])


@dataclass(frozen=True, eq=False)
class Background:
    """The recordings that could be read, in their order, and what is to be said of others."""

    heard: list[Heard]
    notes: Notes

    @property
    def hours(self) -> float:
        """Of all of them together."""
        return sum(each.duration_ms for each in self.heard) / MS_PER_HOUR


def listen(run: Run, listener: Listener, workers: int) -> Background:
    """The alarms of all recordings, several at once; what cannot be read, or has no sound, does not count."""
    todo = list(enumerate(run.recordings))
    notes, jobs, heard = Notes(), share_out(todo, workers), dict[int, Heard]()
    runner: Runner = Threads(workers) if len(jobs) > 1 else Serial()
    with stopped_by_interrupt() as stopped:
        work = partial(_hear_job, run=run, listener=listener, notes=notes, stopped=stopped, heard=heard)
        done = runner(work, jobs)
        for job, _ in done if len(todo) == 1 else track(done, "tag recordings", len(todo), lambda job: len(job[0])):
            log_failed(notes, job)
    return Background([heard[number] for number in sorted(heard)], notes)


def _hear_job(job: Job, *, run: Run, listener: Listener, notes: Notes, stopped: Event, heard: dict[int, Heard]) -> None:
    """Enter what is heard in some recordings."""
    for number, windows in run.tagger.score(job, notes):
        shown = run.tracked(run.recordings[number], windows) if len(run.recordings) == 1 else windows
        found = listener.hear(until(stopped, shown))
        if number not in notes.failed and number not in notes.silent:  # else it ended too soon, or nobody listened
            heard[number] = found
