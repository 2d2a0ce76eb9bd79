"""`psl audit` as a whole against the annotator's bare decode and forward: ratios in one run, on one core.

`python -m benchmarks.audit`; target ≥ .91 (10 % more time than the bare loop). The annotator is mn04_as, windows are
2 s; recordings are stereo FLAC of ten seconds and of ten minutes. Both take turns, and the median counts. The bare
loop reads, resamples and scores each recording in batches of the best of several sizes, and writes nothing; ours writes
page, store and queue.
"""

import argparse
import tempfile
import time
from dataclasses import replace
from itertools import chain, islice
from pathlib import Path
from statistics import median
from typing import Any

import numpy as np
import soundfile
import soxr
from threadpoolctl import threadpool_limits

from benchmarks.subjects.tagger_folder import tagger_folder
from psl.annotators.onnx.session import open_session
from psl.audit.command import AuditRequest, run
from psl.runtime.errors import PslError

SECONDS, RATE_HZ, MODEL_HZ, BATCH_SIZES = 2.0, 44_100, 32_000, (4, 8, 16, 32)
CLASSES = ("Speech", "Rain")
LONG_TENS = 60  # of ten seconds, in a long recording


def main() -> None:
    """Print seconds of audio per second of both, and the ratio."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--minutes", type=int, default=100, help="of audio, half of it in long recordings")
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--clock", choices=("wall", "cpu"), default="wall", help="cpu: for a busy machine")
    options = parser.parse_args()
    clock = time.perf_counter if options.clock == "wall" else time.process_time
    with tempfile.TemporaryDirectory() as folder, threadpool_limits(1):
        root = Path(folder)
        try:
            model = tagger_folder(root / "model")
        except PslError as error:
            print(f"left out, {error}")
            return
        paths = _recordings(root / "in", options.minutes)
        session = open_session(model / "mn04_as_waveform32k.onnx", "cpu")
        size = min(BATCH_SIZES, key=lambda size: _timed(lambda: _bare(session, paths[:8], size), clock))
        request = AuditRequest(
            root / "in", None, model, root / "out", None, None, None, SECONDS, None, 60, 1, workers=1, device="cpu"
        )
        pairs = []
        for number in range(options.rounds):
            ours = replace(request, out=root / f"out{number}")
            pairs.append((_timed(lambda: _bare(session, paths, size), clock), _timed(lambda: run(ours), clock)))  # noqa: B023
        bare, audit = (60 * options.minutes / median(column) for column in zip(*pairs, strict=True))
        ratio = median(bare_s / ours_s for bare_s, ours_s in pairs)
        print(f"{options.minutes} min: audit {audit:.0f}, bare {bare:.0f} s of audio a second, ratio {ratio:.3f}")


def _timed(work: Any, clock: Any) -> float:
    began = clock()
    work()
    return float(clock() - began)


def _bare(session: Any, paths: list[Path], size: int) -> None:
    windows = chain.from_iterable(map(_windows, paths))
    while batch := list(islice(windows, size)):
        session.run(["probabilities"], {session.get_inputs()[0].name: np.stack(batch)})


def _windows(path: Path) -> list[np.ndarray]:
    x_TD, rate_hz = soundfile.read(path, dtype="float32")
    x_T = soxr.resample(x_TD.mean(axis=1), rate_hz, MODEL_HZ)
    samples = int(SECONDS * MODEL_HZ)
    return [x_T[first : first + samples] for first in range(0, len(x_T) - samples + 1, samples)]


def _recordings(folder: Path, minutes: int) -> list[Path]:
    """Class folders of noise whose loudness changes, half of the time in long recordings."""
    n_long = max(1, minutes * 6 // 2 // LONG_TENS)
    lengths = [1] * (minutes * 6 - n_long * LONG_TENS) + [LONG_TENS] * n_long
    paths = []
    for number, tens in enumerate(lengths):
        path = folder / CLASSES[number % 2] / f"{number:04}.flac"
        path.parent.mkdir(parents=True, exist_ok=True)
        x_TD = np.random.default_rng(number).standard_normal((10 * RATE_HZ, 2)) * (300 + 300 * (number % 7))
        with soundfile.SoundFile(path, "w", RATE_HZ, 2) as file:
            for _ in range(tens):
                file.write(x_TD.astype(np.int16))
        paths.append(path)
    return paths


if __name__ == "__main__":
    main()
