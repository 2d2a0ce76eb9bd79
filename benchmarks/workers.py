"""Shards of features per second of each runner with 1, 2 and 4 workers, measured in turns in one run.

`python -m benchmarks.workers --shards 24 --clips 16`; runners whose extra is not installed are left out. Clips are ten
seconds of noise, Ogg at 44.1 kHz, and the front end is the paper's (hop 160). The rate leaves out the time until the
first shard is there.
"""

import argparse
import importlib.util
import tempfile
import time
from collections.abc import Iterator
from pathlib import Path
from statistics import median

import numpy as np
import soundfile

from psl.config import FrontEndParams
from psl.features.extraction.cache import FeatureCache
from psl.features.extraction.shards import ClipInput, compute_shard
from psl.runtime.cores import cores
from psl.runtime.runners import Runner
from psl.runtime.runners.dask import Dask
from psl.runtime.runners.in_process import Threads
from psl.runtime.runners.processes import Processes
from psl.runtime.runners.ray import Ray

FRONT_END = FrontEndParams(
    sample_rate_hz=16_000,
    n_fft=512,
    win_length_samples=512,
    hop_length_samples=160,
    n_mels=64,
    f_min_hz=0.0,
    f_max_hz=8000.0,
    dynamic_range_db=120.0,
)
RUNNERS = {
    "processes": (Processes, None),
    "threads": (Threads, None),
    "dask": (Dask, "distributed"),
    "ray": (Ray, "ray"),
}
WORKERS = (1, 2, 4)


def main() -> None:
    """Print the table, as Markdown."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--shards", type=int, default=24)
    parser.add_argument("--clips", type=int, default=16, help="in a shard")
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--runners", nargs="+", choices=RUNNERS, default=list(RUNNERS))
    options = parser.parse_args()
    names = [name for name in options.runners if RUNNERS[name][1] is None or importlib.util.find_spec(RUNNERS[name][1])]
    rates: dict[tuple[str, int], list[tuple[float, float]]] = {
        (name, workers): [] for name in names for workers in WORKERS
    }
    with tempfile.TemporaryDirectory() as folder:
        for number in range(options.rounds):
            for (name, workers), measured in rates.items():
                measured.append(
                    _measure(
                        Path(folder),
                        RUNNERS[name][0](workers),
                        options.shards,
                        options.clips,
                        f"{name}-{workers}-{number}",
                    )
                )
    print(f"{options.shards} shards of {options.clips} clips, {cores()} cores; medians of {options.rounds} rounds\n")
    print("| runner | workers | shards/s | times one process | clips/s | first shard after s |")
    print("|---|---:|---:|---:|---:|---:|")
    one = median(rate for rate, _ in rates[names[0], 1])
    for (name, workers), measured in rates.items():
        rate, first = (median(column) for column in zip(*measured, strict=True))
        print(f"| {name} | {workers} | {rate:.2f} | {rate / one:.2f} | {rate * options.clips:.0f} | {first:.1f} |")


def _measure(folder: Path, runner: Runner, shards: int, clips: int, name: str) -> tuple[float, float]:
    """Shards per second, and seconds until the first."""
    cache = FeatureCache(folder / name, FRONT_END)
    cache.refresh()
    jobs = cache.missing_shards(_clips(folder, shards * clips), clips, 1)
    began = time.perf_counter()
    times = [time.perf_counter() - began for _ in runner(compute_shard, jobs)]
    return (len(times) - 1) / (times[-1] - times[0]), times[0]


def _clips(folder: Path, count: int) -> Iterator[ClipInput]:
    files = [folder / f"{number}.ogg" for number in range(8)]
    for number, path in enumerate(files):
        if not path.exists():
            soundfile.write(path, np.random.default_rng(number).normal(0, 0.1, 441_000).astype(np.float32), 44_100)
    for number in range(count):
        yield ClipInput(f"{number:06}", f"{number:06}", str(files[number % len(files)]), 0.0, None)


if __name__ == "__main__":
    main()
