"""Small corpora with audio, and their features."""

from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
from small_corpora import AUDIOSET_LAYOUT

from psl.audio.write import write_clip
from psl.config import FeaturesParams, FrontEndParams
from psl.features.extraction.extract import extract
from psl.io.hashes import hash_file
from psl.io.schemas import CLIP_STATUS, MANIFEST
from psl.runtime.runners import Runner
from psl.runtime.runners.in_process import Serial

FRONT_END = FrontEndParams(
    sample_rate_hz=8000,
    n_fft=256,
    win_length_samples=256,
    hop_length_samples=320,
    n_mels=16,
    f_min_hz=0.0,
    f_max_hz=4000.0,
    dynamic_range_db=120.0,
)
PARAMS = dict(
    shard_clips=4, min_seconds=0.1, channel="mean", silence_db=-80.0, max_failed_share=0.5, min_present_share=0.0
)


def write_manifest(root: Path, rows: list[dict[str, Any]]) -> None:
    AUDIOSET_LAYOUT.write(root / "metadata")
    pq.write_table(pa.Table.from_pylist(rows, MANIFEST).sort_by("clip_id"), root / "metadata" / "manifest.parquet")


def row(root: Path, name: str, **changes: Any) -> dict[str, Any]:
    path = root / "metadata" / name
    audio = {"path": name, "audio_hash": hash_file(path) if path.is_file() else "gone", "start_s": 0.0, "end_s": 0.5}
    return {"clip_id": name, "subset": "balanced", "labels": [], "source": "s", **audio, **changes}


def corpus(root: Path, clips: int) -> list[dict[str, Any]]:
    """Clips of half a second of noise, two in three balanced, the others eval; returns the manifest's rows."""
    (root / "metadata").mkdir(exist_ok=True)
    for i in range(clips):
        write_clip(root / "metadata" / f"{i:03d}.flac", np.random.default_rng(i).uniform(-0.5, 0.5, 4000), 8000)
    rows = [row(root, f"{i:03d}.flac", subset="eval" if i % 3 == 2 else "balanced") for i in range(clips)]
    write_manifest(root, rows)
    return rows


def long_corpus(root: Path) -> None:
    """Forty long clips of one recording: enough work to kill a run in the middle."""
    (root / "metadata").mkdir()
    write_clip(root / "metadata" / "long.wav", np.random.default_rng(0).uniform(-0.5, 0.5, 8000 * 70), 8000)
    write_manifest(
        root, [row(root, "long.wav", clip_id=f"{i:02d}", start_s=float(i), end_s=i + 30.0) for i in range(40)]
    )


def run(root: Path, *, runner: Runner | None = None, front_end: FrontEndParams = FRONT_END, **changes: Any) -> int:
    """Extract the features, in this process unless another runner is given; returns the number of new clips."""
    params = FeaturesParams(**(PARAMS | changes))
    folders = root / "metadata", root / "features", root / "cache"
    return extract(*folders, front_end, params=params, runner=runner or Serial())


def contents(root: Path) -> dict[str, bytes]:
    return {path.name: path.read_bytes() for path in sorted((root / "features").iterdir())}


def statuses(root: Path) -> dict[str, tuple[str, str | None]]:
    """Status and reason of every clip."""
    table = pq.read_table(root / "features" / "clips.parquet")
    assert table.schema.equals(CLIP_STATUS)
    return {clip["clip_id"]: (clip["status"], clip["reason"]) for clip in table.to_pylist()}


def not_present(root: Path) -> list[str]:
    """The clips that are not present."""
    return [clip_id for clip_id, (status, _) in statuses(root).items() if status != "present"]
