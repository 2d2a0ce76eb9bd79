"""Annotation by each kind of annotator against a plain loop around its model, and two workers against one.

`python -m benchmarks.annotators`; targets ≥ .90 of the plain loop and ≥ 1.8 of one worker. The plain loop reads each
clip, cuts its windows, gives them to the model in batches of the best of several sizes, and writes nothing; annotation
has the same size, unless the annotator makes batches of its own, and writes its label file. All have one thread each,
take turns in one run, and medians of ratios count. Clips are 10 s of noise, WAV at 44.1 kHz. `--clock cpu` compares CPU
seconds, for a busy machine; workers are always compared by the wall.
"""

import argparse
import tempfile
import time
from collections.abc import Callable, Iterable, Iterator
from itertools import islice
from pathlib import Path
from statistics import median

import numpy as np
import torch

from benchmarks.subjects.annotators import KINDS, Floats, Subject
from psl.annotators.inference.annotate import annotate
from psl.annotators.inference.clips import Content
from psl.annotators.inference.scorer import Windowing
from psl.config.file import read_params
from psl.io.labels.writer import LabelWriter
from psl.runtime.errors import PslError
from psl.runtime.runners.in_process import Threads

BATCH_SIZES = (1, 2, 4, 8, 16, 32, 64)
TRIED_WINDOWS = 16  # at least, of each batch size
CLOCKS = {"wall": time.perf_counter, "cpu": time.process_time}
Clock = Callable[[], float]


def main() -> None:
    """Print windows per second of both and the ratios, for each kind and window."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--clips", type=int, default=128)
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--kind", choices=KINDS, nargs="+", default=list(KINDS))
    parser.add_argument("--seconds", type=float, nargs="+", default=[2.0, 10.0], help="of the windows")
    parser.add_argument("--clock", choices=CLOCKS, default="wall")
    options = parser.parse_args()
    torch.set_num_threads(1)  # also in the plain loop
    for kind in options.kind:
        with tempfile.TemporaryDirectory() as folder:
            try:
                subject = KINDS[kind](Path(folder), options.clips)
            except PslError as error:
                print(f"{kind}: left out, {error}", flush=True)
                continue
            for seconds in options.seconds:
                length_ms = int(seconds * 1000)
                trial = Trial(Path(folder), subject, Windowing(length_ms, length_ms, "shift"))
                line = compare(trial, options.rounds, CLOCKS[options.clock])
                print(f"{kind}, {seconds:g} s: {line}", flush=True)


class Trial:
    """One annotator on windows of one length."""

    def __init__(self, root: Path, subject: Subject, windowing: Windowing) -> None:
        self.root, self.subject, self.windowing = root, subject, windowing
        self.size = self.best_size()
        default = read_params(Path("presets/default.yaml")).annotate.inference_batch_size
        self.inference_batch_size = default if subject.annotator.fills_batches else self.size
        self.runs = 0

    def ours(self, workers: int) -> int:
        """Label all windows with an empty cache, and write them; returns their number."""
        self.runs += 1
        path = self.root / f"{self.windowing.length_ms}-{self.runs}.parquet"
        with LabelWriter(path, self.subject.annotator.vocabulary, 0.0, {}) as writer:
            annotate(
                self.subject.clips,
                self.windowing,
                self.subject.annotator,
                inference_batch_size=self.inference_batch_size,
                cache=path.with_suffix(".cache"),
                runner=Threads(workers),
            ).write(writer)
        return sum(len(self.windowing.starts(duration)) for duration in self.subject.clips.duration_ms_N.tolist())

    def bare(self, size: int) -> int:
        """Read each clip and run the model on its windows; returns their number."""
        batches = _batches(self._windows(self.subject.clips.clips()), size)
        return sum(len(x) for x in batches if len(self.subject.forward(x)))

    def best_size(self) -> int:
        """The batch size of the fastest forwards."""
        clips = islice(self.subject.clips.clips(), max(BATCH_SIZES))
        x = next(_batches(self._windows(clips), max(BATCH_SIZES)))
        self.subject.forward(x[:1])
        return max(BATCH_SIZES, key=lambda size: _forward_rate(self.subject.forward, x, size))

    def _windows(self, clips: Iterable[tuple[int, Content]]) -> Iterator[Content]:
        for number, content in clips:
            for start_ms in self.windowing.starts(int(self.subject.clips.duration_ms_N[number])).tolist():
                yield self.subject.clips.axis.window(content, start_ms, self.windowing.length_ms)


def compare(trial: Trial, rounds: int, clock: Clock) -> str:
    """The line of one annotator and window."""
    size = trial.size
    works: dict[str, tuple[Callable[[], int], Clock]] = {
        "bare": (lambda: trial.bare(size), clock),
        "ours": (lambda: trial.ours(1), clock),
        "one": (lambda: trial.ours(1), time.perf_counter),
        "two": (lambda: trial.ours(2), time.perf_counter),
    }
    if clock is time.perf_counter:
        del works["one"]  # it is `ours`
    measured = [{name: _rate(*work) for name, work in works.items()} for _ in range(rounds)]
    bare, ours = (median(rates[name] for rates in measured) for name in ("bare", "ours"))
    ratio = median(rates["ours"] / rates["bare"] for rates in measured)
    workers = median(rates["two"] / rates.get("one", rates["ours"]) for rates in measured)
    return (
        f"ours {ours:.1f} windows/s, bare {bare:.1f} windows/s (batches of {size}), ratio {ratio:.3f} (target .90); "
        f"two workers {workers:.2f} of one (target 1.8)"
    )


def _rate(work: Callable[[], int], clock: Clock) -> float:
    began = clock()
    return work() / (clock() - began)


def _forward_rate(forward: Callable[[Floats], Floats], x: Floats, size: int) -> float:
    """Windows per CPU second of forwards alone."""
    batches = [x[first : first + size] for first in range(0, len(x), size)][: max(TRIED_WINDOWS // size, 1)]
    return _rate(lambda: sum(len(batch) for batch in batches if len(forward(batch))), time.process_time)


def _batches(windows: Iterator[Content], size: int) -> Iterator[Floats]:
    while batch := list(islice(windows, size)):
        yield np.stack(batch).astype(np.float32, copy=False)


if __name__ == "__main__":
    main()
