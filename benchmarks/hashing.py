"""Hashing audio against the features of the same files, in one run: seconds and their ratio; and from the cache.

`python -m benchmarks.hashing --clips 600`; files as PANNs publishes them, WAV of ten seconds at 32 kHz. Hashes and
fingerprints together may add 15 % to the features; on as many cores each.
"""

import argparse
import tempfile
from pathlib import Path
from timeit import timeit

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq

from psl.audio.info_cache import file_info_cache
from psl.audio.read_info import read_file_info
from psl.audio.write import write_clip
from psl.config import FeaturesParams, FrontEndParams
from psl.features.extraction.extract import extract
from psl.io.metadata.subsets import Subset, Subsets
from psl.io.schemas import MANIFEST
from psl.runtime.cores import cores
from psl.runtime.runners.processes import Processes

RATE_HZ, SECONDS = 32_000, 10


def main() -> None:
    """Print seconds and ratios."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--clips", type=int, default=600)
    parser.add_argument("--hop", type=int, default=160)
    asked = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        root = Path(folder)
        files = _noise(root, asked.clips)
        hashing = {name: timeit(lambda: _hash(root, files), number=1) for name in ("hashes", "hashes again, cached")}
        features_s = timeit(lambda: _features(root, files, asked.hop), number=1)
    print(f"{asked.clips} clips of {SECONDS} s, {cores()} cores; features, hop {asked.hop}: {features_s:.2f} s")
    for name, seconds in hashing.items():
        print(
            f"{name:25} {seconds:6.2f} s, {seconds / features_s:.1%} of the features (with fingerprints at most 15 %)"
        )


def _hash(root: Path, files: list[str]) -> None:
    with file_info_cache(root / "memory"):
        read_file_info(files, np.zeros(len(files), bool))


def _features(root: Path, files: list[str], hop: int) -> None:
    front_end = FrontEndParams(
        sample_rate_hz=16_000,
        n_fft=512,
        win_length_samples=512,
        hop_length_samples=hop,
        n_mels=64,
        f_min_hz=0.0,
        f_max_hz=8000.0,
        dynamic_range_db=120.0,
    )
    whole = {"start_s": 0.0, "end_s": None, "subset": "full", "labels": []}
    rows = [{"clip_id": path, "path": Path(path).name, "audio_hash": str(n), **whole} for n, path in enumerate(files)]
    Subsets((Subset("full", True),)).write(root)
    pq.write_table(pa.Table.from_pylist(rows, MANIFEST).sort_by("clip_id"), root / "manifest.parquet")
    params = FeaturesParams(
        shard_clips=64, min_seconds=0.1, channel="mean", silence_db=-80.0, max_failed_share=0.0, min_present_share=1.0
    )
    extract(root, root / "features", root / "cache", front_end, params=params, runner=Processes(cores()))


def _noise(root: Path, clips: int) -> list[str]:
    """So many different files; a minute of noise is cut into them."""
    noise_T = np.random.default_rng(1).normal(0, 0.1, RATE_HZ * 60)
    paths = [root / f"{n}.wav" for n in range(clips)]
    for n, path in enumerate(paths):
        write_clip(path, np.roll(noise_T, 101 * n)[: RATE_HZ * SECONDS], RATE_HZ)
    return [str(path) for path in paths]


if __name__ == "__main__":
    main()
