"""What computes, on a quiet machine and beside a busy one: one spinning process for two cores. Ratios of one run.

`python -m benchmarks.neighbour`; target: each kind of work keeps .50 of its quiet speed. Trainings are of the default
preset's network on windows of 2 s: two or more side by side with a thread each, as stages train, and one alone with a
thread a core, as torch would by itself. Quiet and busy rounds take turns; medians count. `--nice 19` makes the
neighbour one of the lowest priority.
"""

import argparse
import multiprocessing
import os
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from functools import partial
from pathlib import Path
from statistics import median
from typing import NamedTuple

import numpy as np
import torch
from torch.amp.grad_scaler import GradScaler

from psl.annotators.inference.clips import TimeAxis
from psl.annotators.inference.network.build import build_network
from psl.annotators.inference.network.devices import pick_device
from psl.annotators.inference.network.saved_model import SavedModel, for_inference
from psl.annotators.inference.scorer import Clip, Windowing, score_clips
from psl.config import Params
from psl.config.file import read_params
from psl.evaluation.tagging.metrics.mean_average_precision import bootstrap_map
from psl.features.log_mel import front_end
from psl.io.metadata.vocabulary import Vocabulary
from psl.runtime.cores import cores
from psl.runtime.runners.in_process import Threads
from psl.runtime.runners.processes import map_over_processes
from psl.training.engine.step import train_step

CLASSES, WINDOW_SECONDS, STEP_SECONDS, CLIP_SECONDS, CLIPS = 14, 2.0, 80.0, 10.0, 16


class Size(NamedTuple):
    """Threads of a training, and windows in a step."""

    threads: int
    windows: int


def main() -> None:
    """Print each kind's speed, and what is left of it beside the neighbours."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--seconds", type=float, default=8.0, help="of one round of one kind")
    parser.add_argument("--nice", type=int, default=0, help="of the neighbours")
    options = parser.parse_args()
    params = read_params(Path("presets/default.yaml"))
    n_neighbours = max(cores() // 2, 1)
    print(f"{cores()} cores, {n_neighbours} spinning at nice {options.nice}; medians of {options.rounds} rounds\n")
    print("| work | unit | quiet | busy | busy / quiet |\n| --- | --- | ---: | ---: | ---: |")
    for name, (unit, measure) in kinds(params).items():
        measure(1.0)  # warms up
        rates: dict[bool, list[float]] = {False: [], True: []}
        for _ in range(options.rounds):
            for is_busy in (False, True):
                with neighbours(n_neighbours if is_busy else 0, options.nice):
                    rates[is_busy].append(measure(options.seconds))
        quiet, busy = median(rates[False]), median(rates[True])
        print(f"| {name} | {unit} | {quiet:.3g} | {busy:.3g} | {busy / quiet:.2f} |", flush=True)


def kinds(params: Params) -> dict[str, tuple[str, Callable[[float], float]]]:
    """Name, unit, and what measures the speed over so many seconds."""
    audio, windows = "s of audio / s", int(STEP_SECONDS / WINDOW_SECONDS)
    side_by_side, spread, fine_tuning = (
        partial(_train, params, size)
        for size in (Size(1, windows), Size(cores(), windows), Size(1, params.transfer.batch_windows or windows))
    )
    return {
        f"{cores()} trainings, one thread each": (audio, partial(_in_processes, side_by_side, cores())),
        f"1 training, {cores()} threads": (audio, partial(_in_processes, spread, 1)),
        "features": (audio, partial(_in_processes, partial(_features, params), cores())),
        "annotation": (audio, partial(_annotation, params)),
        "evaluation, whole clips": (audio, _scoring(params, CLIP_SECONDS, CLIP_SECONDS)),
        "evaluation by windows": (audio, _scoring(params, params.evaluate.window_seconds, params.evaluate.hop_seconds)),
        "detection": (audio, _scoring(params, WINDOW_SECONDS, params.detect.hop_seconds)),
        "transfer": (audio, partial(_in_processes, fine_tuning, cores())),
        "bootstrap of mAP": ("draws / s", _bootstrap),
    }


def _train(params: Params, size: Size, seconds: float, seed: int) -> float:
    torch.set_num_threads(size.threads)
    torch.manual_seed(seed)
    training, front_end = params.train_student, params.front_end
    frames = int(WINDOW_SECONDS * front_end.sample_rate_hz / front_end.hop_length_samples)
    network = build_network(CLASSES, training.architecture).train()
    optimiser = torch.optim.Adam(network.parameters(), lr=0.01, fused=True)
    batch = torch.randn(size.windows, frames, front_end.n_mels), torch.rand(size.windows, CLASSES)
    scaler = GradScaler("cpu", enabled=False)

    def step() -> float:
        train_step(network, optimiser, scaler, batch, rate=0.01, params=training)
        return size.windows * WINDOW_SECONDS

    return _rate(step, seconds)


def _in_processes(work: Callable[[float, int], float], processes: int, seconds: float) -> float:
    """The sum of the rates of so many processes, each of which does `work` with a number of its own."""
    rates = map_over_processes(partial(work, seconds), range(processes), processes)
    return sum(rate for _, rate in rates if rate)


def _features(params: Params, seconds: float, seed: int) -> float:
    log_mel = front_end(params.front_end).log_mel
    x_T = np.random.default_rng(seed).normal(size=10 * params.front_end.sample_rate_hz).astype(np.float32)
    return _rate(lambda: (log_mel(x_T), 10.0)[1], seconds)


def _annotation(params: Params, seconds: float) -> float:
    front_end = params.front_end
    frames = int(WINDOW_SECONDS * front_end.sample_rate_hz / front_end.hop_length_samples)
    network = build_network(CLASSES, params.train_annotator.architecture).eval()
    mel_BTF = torch.randn(params.annotate.inference_batch_size, frames, front_end.n_mels)

    def score(_: int) -> float:
        with torch.inference_mode():
            return _rate(lambda: (network(mel_BTF), len(mel_BTF) * WINDOW_SECONDS)[1], seconds)

    return sum(rate for _, rate in Threads(cores())(score, range(cores())))


def _scoring(params: Params, window_seconds: float, hop_seconds: float) -> Callable[[float], float]:
    """Measures stages that score windows of clips, as many at once as there are cores."""
    windowing = Windowing.of_seconds(window_seconds, hop_seconds)
    return partial(_in_processes, partial(_score, params, windowing), cores())


def _score(params: Params, windowing: Windowing, seconds: float, seed: int) -> float:
    torch.manual_seed(seed)
    front_end = params.front_end
    axis = TimeAxis(front_end.sample_rate_hz, front_end.hop_length_samples)
    network = for_inference(build_network(CLASSES, params.train_student.architecture), pick_device("cpu"))
    model = SavedModel("a student", network, Vocabulary(("x",), ("x",)), {})
    milliseconds = int(1000 * CLIP_SECONDS)
    clip = Clip(torch.randn(axis.steps(milliseconds), front_end.n_mels).numpy(), milliseconds)
    batch = params.evaluate.inference_batch_size

    def score() -> float:
        clips = [clip] * CLIPS
        return CLIP_SECONDS * sum(1 for _ in score_clips(clips, windowing, axis, model, inference_batch_size=batch))

    return _rate(score, seconds)


def _bootstrap(seconds: float) -> float:
    rng, samples = np.random.default_rng(0), 1000
    y_NC, score_NC = rng.random((1000, 50)) < 0.1, rng.random((1000, 50), np.float32)
    return _rate(lambda: (bootstrap_map(y_NC, [score_NC], samples=samples, seed=1), samples)[1], seconds)


def _rate(work: Callable[[], float], seconds: float) -> float:
    """What `work` returns, summed, per second; one call warms up."""
    work()
    began, done = time.perf_counter(), 0.0
    while time.perf_counter() - began < seconds:
        done += work()
    return done / (time.perf_counter() - began)


@contextmanager
def neighbours(count: int, nice: int) -> Iterator[None]:
    """Processes that spin while the block runs."""
    spinning = [multiprocessing.get_context("spawn").Process(target=_spin, args=(nice,)) for _ in range(count)]
    for process in spinning:
        process.start()
    try:
        time.sleep(0.5 * bool(count))
        yield
    finally:
        for process in spinning:
            process.kill()
            process.join()


def _spin(nice: int) -> None:
    os.nice(nice)
    while True:
        pass


if __name__ == "__main__":
    main()
