"""Tag many recordings: outputs in a folder or on standard output, several at once, going on where a run was killed."""

import errno
import json
import os
import signal
import sys
from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from threading import Event
from typing import Any, BinaryIO

from psl.audio.decode import duration_s
from psl.io.files import atomic_write, remove_stale_parts, write_json
from psl.runtime.errors import PslError
from psl.runtime.progress import log, track
from psl.runtime.runners import Runner
from psl.runtime.runners.in_process import Serial, Threads
from psl.tagging.inputs import Recording
from psl.tagging.outputs import Output
from psl.tagging.scores import Notes, WindowScores
from psl.tagging.tagger import Tagger
from psl.tagging.timeline import timeline

SETTINGS = "psl-tag.json"  # what the outputs beside it were made with
JOB_RECORDINGS = 32  # share batches: more would save no time, and a killed run would lose more

Job = Sequence[tuple[int, Recording]]


@dataclass(frozen=True, eq=False)
class Run:
    """A tagger, and the recordings that it is for. Each method raises PslError at its end if any cannot be read."""

    tagger: Tagger
    recordings: Sequence[Recording]

    def into(self, folder: Path, output: Output, settings: dict[str, Any], workers: int) -> None:
        """Write a file for each recording into `folder`, but for those that are there.

        `settings` are what the outputs depend on. Raises PslError for a folder with outputs of others, and for a full
        disk.
        """
        _require_same(folder / SETTINGS, settings)
        targets = [folder / f"{recording.name}{output.suffix}" for recording in self.recordings]
        for parent in {target.parent for target in targets}:
            remove_stale_parts(parent, 0)
        todo = [(number, each) for number, each in enumerate(self.recordings) if not targets[number].exists()]
        if len(todo) < len(targets):
            n_done = len(targets) - len(todo)
            log(f"{n_done} of {len(targets)} recordings have their output in {folder}, which stays as it is")
        notes, jobs = Notes(), share_out(todo, workers)
        runner: Runner = Threads(workers) if len(jobs) > 1 else Serial()
        with stopped_by_interrupt() as stopped:
            work = partial(self._tag, output=output, targets=targets, notes=notes, stopped=stopped)
            done = runner(partial(work, alone=len(todo) == 1), jobs)
            for job, _ in done if len(todo) == 1 else track(done, "tag recordings", len(todo), lambda job: len(job[0])):
                log_failed(notes, job)
        self.finish(notes)

    def to_stdout(self, output: Output) -> None:
        """Write the rows of all recordings, one after the other."""
        if output.one_file and len(self.recordings) > 1:
            raise PslError("this format needs a file for each recording: give --out FOLDER")
        notes = Notes()
        with stdout() as handle:
            output.write(handle, (windows for _, windows in self.tagger.score(enumerate(self.recordings), notes)))
        log_failed(notes, list(enumerate(self.recordings)))
        self.finish(notes)

    def timelines(self, top: int) -> None:
        """Print the timeline of each recording."""
        notes = Notes()
        with stdout() as handle:
            for number, windows in self.tagger.score(enumerate(self.recordings), notes):
                text = timeline(windows, self.tagger.vocabulary, top)
                if number not in notes.failed:  # else it ended too soon
                    handle.write(f"{self.recordings[number].name}\n{text}\n".encode())
                    handle.flush()
        log_failed(notes, list(enumerate(self.recordings)))
        self.finish(notes)

    def _tag(
        self, job: Job, *, output: Output, targets: Sequence[Path], notes: Notes, stopped: Event, alone: bool
    ) -> None:
        """Write the outputs of some recordings, each whole or not at all; `alone`: with progress of the only one."""
        for number, windows in self.tagger.score(job, notes):
            shown = until(stopped, self.tracked(self.recordings[number], windows) if alone else windows)
            with suppress(_Unreadable), atomic_write(targets[number]) as temporary:
                with temporary.open("wb") as handle:
                    output.write(handle, [shown])
                if number in notes.failed:  # after some windows
                    raise _Unreadable

    def tracked(self, recording: Recording, windows: Iterable[WindowScores]) -> Iterator[WindowScores]:
        """The windows of a recording, with progress in seconds of it."""
        hop_ms, total_ms = self.tagger.windowing.hop_ms, None
        with suppress(PslError):  # of standard input it is not known
            total_ms = int(duration_s(recording.path) * 1000)
        return track(windows, f"tag {recording.name} (seconds)", total_ms, lambda _: hop_ms, scale=1000)

    def finish(self, notes: Notes) -> None:
        """Say what was special. Raises PslError when recordings could not be read."""
        seconds, rate_hz = self.tagger.windowing.length_ms / 1000, self.tagger.model.rate_hz
        _say(notes.short, f"shorter than the window of {seconds:g} s, so filled by repetition")
        _say(notes.low_rate, f"without the upper half of what a model of {rate_hz} Hz hears, by their sample rate")
        _say(notes.silent, "without any sound, as every sample is 0")
        if notes.failed:
            n_failed, n_all = len(notes.failed), len(self.recordings)
            raise PslError(f"{n_failed} of {n_all} recordings could not be read, see above: mend or remove them")


class _Unreadable(Exception):
    """Takes an output back that ended too soon."""


@contextmanager
def stopped_by_interrupt() -> Iterator[Event]:
    """An event that Ctrl-C sets, for threads, which Python would let go on to their end."""
    stopped, before = Event(), signal.getsignal(signal.SIGINT)

    def stop(*_: object) -> None:
        stopped.set()
        raise KeyboardInterrupt

    signal.signal(signal.SIGINT, stop)
    try:
        yield stopped
    finally:
        signal.signal(signal.SIGINT, before)


def until(stopped: Event, windows: Iterable[WindowScores]) -> Iterator[WindowScores]:
    """The windows, until the event is set: then KeyboardInterrupt is raised."""
    for window in windows:
        if stopped.is_set():
            raise KeyboardInterrupt
        yield window


def share_out(todo: Job, workers: int) -> list[Job]:
    """The recordings in jobs for so many workers, in their order."""
    size = max(1, min(JOB_RECORDINGS, -(-len(todo) // workers)))
    return [todo[first : first + size] for first in range(0, len(todo), size)]


def log_failed(notes: Notes, job: Job) -> None:
    """Name those of the recordings that could not be read, with the reason."""
    for number, _ in job:
        if number in notes.failed:
            log(notes.failed[number])


def _say(names: dict[int, str], what: str) -> None:
    if names:
        more = f" and {len(names) - 1} more" if len(names) > 1 else ""
        log(f"{what}: {next(iter(names.values()))}{more}")


def _require_same(path: Path, settings: dict[str, Any]) -> None:
    """Write the settings of a folder's outputs, or raise PslError when those that are there had others."""
    if path.parent.exists() and not path.parent.is_dir():
        raise PslError(f"--out {path.parent} is a file: give a folder")
    if not path.exists():
        write_json(path, settings)
        return
    try:
        before = json.loads(path.read_text(encoding="utf-8"))
        differing = [name for name, value in settings.items() if before[name] != value]
    except (ValueError, KeyError, TypeError):
        raise PslError(f"{path} is not as psl writes it: give another folder") from None
    if differing:
        name, then, now = _first_difference(differing[0], before[differing[0]], settings[differing[0]])
        raise PslError(f"the outputs in {path.parent} were made with {name} {then}, not {now}: give another folder")


def _first_difference(name: str, before: Any, now: Any) -> tuple[str, Any, Any]:
    """What differs, of thresholds and rules the first one, and both values.

    >>> _first_difference("thresholds", {"/m/a": 0.1, "/m/b": 0.2}, {"/m/a": 0.1, "/m/b": 0.3})
    ('thresholds: /m/b', 0.2, 0.3)
    """
    if not (isinstance(before, dict) and isinstance(now, dict)):
        return name, before, now
    key = next(key for key in sorted(before.keys() | now.keys()) if before.get(key) != now.get(key))
    return f"{name}: {key}", before.get(key), now.get(key)


@contextmanager
def stdout() -> Iterator[BinaryIO]:
    """Standard output for bytes. Raises PslError when its reader has gone, or its disk is full."""
    try:
        yield sys.stdout.buffer
        sys.stdout.buffer.flush()
    except OSError as error:
        if error.errno not in (errno.EPIPE, errno.ENOSPC):
            raise
        with suppress(OSError, ValueError):  # Python's own flush at the end would fail again
            os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        if error.errno == errno.EPIPE:
            raise PslError("whoever read the output has stopped, so the rest of it was not written") from None
        raise PslError("no space left where the output goes: free some and run again") from None
