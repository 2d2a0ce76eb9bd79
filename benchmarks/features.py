"""The features stage against a bare loop, and two workers against one: ratios in one run.

The bare loop is soundfile, soxr and torchaudio.

`python -m benchmarks.features --clips 1000`; with `--bank ../shared/audio/esc10` on real recordings.
"""

import argparse
import multiprocessing
import os
import resource
import tempfile
import time
from collections.abc import Callable
from itertools import cycle, islice
from pathlib import Path
from typing import NamedTuple

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
import soundfile
import soxr

from psl.audio.decode import read_clip
from psl.config import FeaturesParams, FrontEndParams
from psl.features.extraction.extract import extract
from psl.features.log_mel import FrontEnd
from psl.io.metadata.subsets import Subset, Subsets
from psl.io.schemas import MANIFEST
from psl.runtime.runners.processes import Processes


class Clip(NamedTuple):
    """A part of a file, or all of it."""

    path: Path
    start_s: float = 0.0
    end_s: float | None = None


def main() -> None:
    """Print the times and ratios."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--clips", type=int, default=1000, help="clips of each line")
    parser.add_argument("--hop", type=int, default=160)
    parser.add_argument(
        "--bank", type=Path, help="folder of audio files; left out: ten seconds of noise, Ogg at 44.1 kHz"
    )
    asked = parser.parse_args()
    front_end = FrontEndParams(
        sample_rate_hz=16_000,
        n_fft=512,
        win_length_samples=512,
        hop_length_samples=asked.hop,
        n_mels=64,
        f_min_hz=0.0,
        f_max_hz=8000.0,
        dynamic_range_db=120.0,
    )
    with tempfile.TemporaryDirectory() as folder:
        root = Path(folder)
        files = audio_files(root, asked.bank, 10.0)
        _against_the_bare_loop(root, files, front_end, asked.clips)
    peak = max(resource.getrusage(who).ru_maxrss for who in (resource.RUSAGE_SELF, resource.RUSAGE_CHILDREN))
    print(f"largest process {peak / 1024:.0f} MiB (this one, which holds torch, and each worker by itself)")


def _against_the_bare_loop(root: Path, files: list[Path], front_end: FrontEndParams, clips: int) -> None:
    some = list(islice(cycle(files), clips))
    bare, ours, clips_of = _bare(front_end), _ours(front_end), dict(enumerate(map(Clip, some)))
    for loop in (bare, ours):
        loop(some[:20])  # warm
    times = {
        "bare loop, one core": seconds(lambda: bare(some)),
        "read_clip and log_mel": seconds(lambda: ours(some)),
        "whole stage, one worker": seconds(lambda: extract_features(root, "one", clips_of, front_end, workers=1)),
        "whole stage, two workers": seconds(lambda: extract_features(root, "two", clips_of, front_end, workers=2)),
    }
    print(f"{clips} clips, hop {front_end.hop_length_samples}; targets: a core .90 x bare, two workers 1.8 x one")
    bare_s, bare_cpu_s = times["bare loop, one core"]
    for name, (wall_s, cpu_s) in times.items():
        print(
            f"{name:26} {wall_s:7.1f} s {bare_s / wall_s:6.2f} x bare   "
            f"{cpu_s:7.1f} s of CPU {bare_cpu_s / cpu_s:6.2f} x bare"
        )


def extract_features(root: Path, name: str, clips: dict[int, Clip], front_end: FrontEndParams, *, workers: int) -> Path:
    """Write the features of `clips` into a folder of `root` and return it; later calls find what it has cached.

    Each clip has its number's id and made-up hash, in an order that scatters added ones. Paths are relative, so that
    the hashes are not compared with the files.
    """
    (root / name).mkdir(exist_ok=True)
    ids = np.random.default_rng(1).permutation(1_000_000)
    rows = [
        {"clip_id": f"{ids[n]:06d}", "audio_hash": str(n), "path": os.path.relpath(clip.path, root / name)}
        | {"start_s": clip.start_s, "end_s": clip.end_s, "subset": "full", "labels": []}
        for n, clip in clips.items()
    ]
    Subsets((Subset("full", True),)).write(root / name)
    pq.write_table(pa.Table.from_pylist(rows, MANIFEST).sort_by("clip_id"), root / name / "manifest.parquet")
    params = FeaturesParams(
        shard_clips=64, min_seconds=0.1, channel="mean", silence_db=-80.0, max_failed_share=0.0, min_present_share=1.0
    )
    features, cache = root / f"{name}-features", root / f"{name}-cache"
    extract(root / name, features, cache, front_end, params=params, runner=Processes(workers))
    return features


def audio_files(root: Path, bank: Path | None, seconds: float) -> list[Path]:
    """The audio files in the folder `bank`; without one, sixteen of noise that last `seconds`, written to `root`."""
    if bank is None:
        return _noise(root, seconds)
    return sorted(path for path in bank.resolve().rglob("*.*") if path.suffix in (".ogg", ".wav", ".flac"))


def _bare(front_end: FrontEndParams) -> Callable[[list[Path]], None]:
    import torch  # here, because each worker imports this module
    import torchaudio

    torch.set_num_threads(1)
    mel = torchaudio.transforms.MelSpectrogram(
        front_end.sample_rate_hz, front_end.n_fft, hop_length=front_end.hop_length_samples, n_mels=front_end.n_mels
    )
    decibels = torchaudio.transforms.AmplitudeToDB(top_db=None)

    def loop(files: list[Path]) -> None:
        for path in files:
            x_TD, rate = soundfile.read(path, dtype="float32", always_2d=True)
            x_T = soxr.resample(x_TD.mean(axis=1), rate, front_end.sample_rate_hz)
            with torch.inference_mode():
                decibels(mel(torch.from_numpy(x_T))).T.to(torch.float16).contiguous().numpy()

    return loop


def _ours(front_end: FrontEndParams) -> Callable[[list[Path]], None]:
    make = FrontEnd(front_end)

    def loop(files: list[Path]) -> None:
        for path in files:
            make.log_mel(read_clip(path, 0.0, None, front_end.sample_rate_hz))

    return loop


def _noise(root: Path, seconds: float) -> list[Path]:
    paths = [root / f"{i}.ogg" for i in range(16)]
    for i, path in enumerate(paths):
        soundfile.write(path, np.random.default_rng(i).normal(0, 0.1, int(44_100 * seconds)).astype(np.float32), 44_100)
    return paths


def seconds(work: Callable[[], object]) -> tuple[float, float]:
    """Wall-clock seconds, and seconds of computing by this process and its workers."""
    began, computed = time.perf_counter(), _computed()
    work()
    wall_s = time.perf_counter() - began
    return wall_s, _computed() - computed


def _computed() -> float:
    for worker in multiprocessing.active_children():
        worker.join()  # a worker counts when it has ended
    return sum(os.times()[:4])


if __name__ == "__main__":
    main()
