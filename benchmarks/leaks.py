"""Hits and false alarms of the search for near duplicates; and the seconds and bytes of two million names.

`python -m benchmarks.leaks --bank ../shared/audio/esc10`; without `--bank` on noise whose loudness wanders.
"""

import argparse
import io
import tempfile
import time
import tracemalloc
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
import soundfile
import soxr

from psl.config import FrontEndParams
from psl.corpora.overlap.clips import read_catalog
from psl.corpora.overlap.fingerprint import Fingerprints, compute_fingerprints
from psl.corpora.overlap.fingerprint_index import FingerprintIndex, NearDuplicates
from psl.corpora.overlap.pairs import find_pairs
from psl.features.log_mel import FrontEnd
from psl.io.features.clip_status import CLIPS_FILE
from psl.io.metadata.subsets import Subset, Subsets
from psl.io.parquet import write_parquet
from psl.io.schemas import CLIP_STATUS, MANIFEST

RATE_HZ = 44_100
Change = Callable[[np.ndarray], tuple[np.ndarray, int]]


def main() -> None:
    """Print hits, false alarms and costs."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--bank", type=Path, help="folder of recordings; left out: noise whose loudness wanders")
    parser.add_argument("--clips", type=int, default=80, help="recordings to look for")
    parser.add_argument("--names", type=int, default=2_000_000, help="clips of the join by name")
    parser.add_argument("--near", type=float, default=0.38)
    args = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        root = Path(folder)
        files = sorted(args.bank.resolve().rglob("*.ogg")) if args.bank else _noise(root, args.clips)
        files = files[:: max(len(files) // args.clips, 1)][: args.clips]
        for hop in (160, 640):
            _search(files, _front_end(hop), args.near)
        _names(root, args.names)


def _changes() -> dict[str, Change]:
    def coded(kind: str, subtype: str) -> Change:
        def change(x_T: np.ndarray) -> tuple[np.ndarray, int]:
            file = io.BytesIO()
            soundfile.write(file, x_T, RATE_HZ, format=kind, subtype=subtype)
            file.seek(0)
            return soundfile.read(file, dtype="float32")[0], RATE_HZ

        return change

    def all_of_them(x_T: np.ndarray) -> tuple[np.ndarray, int]:
        return soxr.resample(coded("MP3", "MPEG_LAYER_III")(x_T[round(0.313 * RATE_HZ) :] / 2)[0], RATE_HZ, 8000), 8000

    return {
        "Ogg Vorbis": coded("OGG", "VORBIS"),
        "MP3": coded("MP3", "MPEG_LAYER_III"),
        "6 dB louder, clipped": lambda x_T: (np.clip(2 * x_T, -1, 1), RATE_HZ),
        "6 dB quieter": lambda x_T: (x_T / 2, RATE_HZ),
        "sampled at 8 kHz": lambda x_T: (soxr.resample(x_T, RATE_HZ, 8000), 8000),
        "begun 0.300 s later": lambda x_T: (x_T[round(0.300 * RATE_HZ) :], RATE_HZ),
        "begun 0.320 s later": lambda x_T: (x_T[round(0.320 * RATE_HZ) :], RATE_HZ),
        "quieter, later, MP3, 8 kHz": all_of_them,
    }


def _search(files: list[Path], front_end: FrontEndParams, max_distance: float) -> None:
    """Search for each changed recording among the originals; matches with other recordings are false alarms."""
    make = FrontEnd(front_end)

    def changed(change: Change) -> Fingerprints:
        audio = (change(_read(file)) for file in files)
        mels = (
            make.log_mel(soxr.resample(x_T, rate, front_end.sample_rate_hz).astype(np.float32)) for x_T, rate in audio
        )
        return compute_fingerprints(range(len(files)), list(mels), front_end)

    reference = changed(lambda x_T: (x_T, RATE_HZ))
    index = FingerprintIndex(reference)
    pairs = index.search(reference, max_distance, lambda a_P, b_P: a_P < b_P)
    print(
        f"hop {front_end.hop_length_samples}, {len(files)} recordings of {len(files) * (len(files) - 1) // 2} pairs, "
        f"near to {max_distance}"
    )
    for a, b, distance in zip(*pairs, strict=True):
        print(f"  two recordings that are near: {files[a].stem} and {files[b].stem}, distance {distance:.3f}")
    for name, change in _changes().items():
        near = index.search(changed(change), max_distance, lambda a_P, b_P: np.ones(len(a_P), bool))
        known = {
            *zip(pairs.a_P.tolist(), pairs.b_P.tolist(), strict=True),
            *zip(pairs.b_P.tolist(), pairs.a_P.tolist(), strict=True),
        }
        found = set(zip(near.a_P.tolist(), near.b_P.tolist(), strict=True))
        hits = sum((number, number) in found for number in range(len(files)))
        false = sum(a != b and (a, b) not in known for a, b in found)
        print(f"  {name:28} found {hits / len(files):6.1%}   false alarms {false}")


def _names(root: Path, clips: int) -> None:
    """The join by id, source and audio of as many clips as AudioSet has, a hundredth of which evaluates."""
    number_N = np.arange(clips)
    ids = pa.array([f"{n:011d}_{1000 * (n % 300)}" for n in number_N.tolist()])
    columns = {
        "clip_id": ids,
        "subset": pa.array(np.where(number_N % 100, "full", "eval")),
        "source": pa.array([f"{n:011d}" for n in number_N.tolist()]),
    }
    columns |= {
        "start_s": pa.array(np.zeros(clips)),
        "audio_hash": pa.array([f"{n:032x}" for n in (number_N - number_N % 2).tolist()]),
    }
    columns |= {name: pa.nulls(clips, MANIFEST.field(name).type) for name in ("path", "end_s", "labels", "looked_for")}
    folder = root / "names" / "one"
    folder.mkdir(parents=True)
    pq.write_table(pa.table([columns[name] for name in MANIFEST.names], schema=MANIFEST), folder / "manifest.parquet")
    Subsets((Subset("full", True), Subset("eval", False)), recordings="youtube").write(folder)
    outcomes = {
        "clip_id": ids,
        "path": columns["path"],
        "status": pa.array(["present"] * clips),
        "reason": columns["path"],
    }
    write_parquet(root / "features" / "one" / CLIPS_FILE, pa.table(outcomes, schema=CLIP_STATUS))
    del columns, ids, outcomes
    none = np.empty(0, np.int64)
    tracemalloc.start()
    began, arrow = time.process_time(), pa.total_allocated_bytes()
    catalog = read_catalog(root / "names", root / "features", ["one"])
    pairs = find_pairs(catalog, NearDuplicates(none, none, np.empty(0)), "one")
    seconds = time.process_time() - began
    peak = tracemalloc.get_traced_memory()[1] + pa.default_memory_pool().max_memory() - arrow
    print(f"{clips} names: {len(pairs)} pairs in {seconds:.1f} s of CPU, at most {peak / clips:.0f} bytes a clip")


def _front_end(hop: int) -> FrontEndParams:
    return FrontEndParams(
        sample_rate_hz=16_000,
        n_fft=512,
        win_length_samples=512,
        hop_length_samples=hop,
        n_mels=64,
        f_min_hz=0.0,
        f_max_hz=8000.0,
        dynamic_range_db=120.0,
    )


def _read(path: Path) -> np.ndarray:
    x_TD, rate = soundfile.read(path, dtype="float32", always_2d=True)
    assert rate == RATE_HZ, path
    return x_TD.mean(axis=1)


def _noise(root: Path, clips: int) -> list[Path]:
    """Five seconds of noise whose loudness wanders."""
    paths = [root / f"{number:04d}.ogg" for number in range(clips)]
    for number, path in enumerate(paths):
        rng = np.random.default_rng(number)
        loud_T = np.repeat(rng.uniform(0.01, 0.2, 50), RATE_HZ // 10)
        soundfile.write(path, (rng.normal(0, 1, len(loud_T)) * loud_T).astype(np.float32), RATE_HZ)
    return paths


if __name__ == "__main__":
    main()
