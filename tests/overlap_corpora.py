"""Manifests and features of a few clips, with leaks planted in them."""

from pathlib import Path

import numpy as np
import pyarrow as pa

from psl.config import FrontEndParams
from psl.io.features.clip_status import CLIPS_FILE
from psl.io.features.writer import write_features
from psl.io.metadata.manifest import write_manifest
from psl.io.metadata.subsets import Subset, Subsets
from psl.io.parquet import write_parquet
from psl.io.schemas import CLIP_STATUS, MANIFEST

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
FRAMES = 600
TRAINING, EVALUATION = ("balanced", "full", "train", "val", "curated", "noisy"), ("eval", "test", "validation")
SUBSETS = (*(Subset(name, True) for name in TRAINING), *(Subset(name, False) for name in EVALUATION))


def clip(clip_id: str, subset: str, source: str | None = None, **more) -> dict:
    """A row of a manifest; its source is the clip, or the video of an id like AudioSet's."""
    row = {
        "clip_id": clip_id,
        "subset": subset,
        "source": source or clip_id.rsplit("_", 1)[0],
        "labels": [],
        "start_s": 0.0,
    }
    return row | {"path": None, "end_s": None, "audio_hash": None} | more


def lay_out(root: Path, corpora: dict[str, list[dict]], recordings: dict[str, str | None]) -> Path:
    """Write manifests, subsets and outcomes, present unless a row has another `status`; returns the manifests' folder.

    `recordings` is the public namespace of each corpus.
    """
    for corpus, rows in corpora.items():
        write_manifest(root / "metadata" / corpus, pa.Table.from_pylist(rows, MANIFEST))
        Subsets(SUBSETS, recordings=recordings[corpus]).write(root / "metadata" / corpus)
        write_outcomes(root, corpus, [{"status": "present"} | row for row in rows])
    return root / "metadata"


def write_outcomes(root: Path, corpus: str, rows: list[dict]) -> None:
    """Write the table of what became of a corpus's clips."""
    write_parquet(root / "features" / corpus / CLIPS_FILE, pa.Table.from_pylist(rows, CLIP_STATUS))


def sound(seed: int, frames: int = FRAMES) -> np.ndarray:
    """Log-mel of a sound whose spectrum wanders, mel_TF in dB."""
    rng = np.random.default_rng(seed)
    rough_TF = np.repeat(rng.normal(-40, 12, (frames // 12 + 2, 64)), 12, axis=0)
    smooth_TF = np.apply_along_axis(lambda x_T: np.convolve(x_T, np.ones(12) / 12, "same"), 0, rough_TF)
    return smooth_TF[:frames]


def degraded(
    mel_TF: np.ndarray, seed: int, shift: int = 30, gain_db: float = -6.0, noise_db: float = 1.5
) -> np.ndarray:
    """The same recording as others publish it: begun later, quieter, with a codec's noise, without its treble."""
    again_TF = (
        mel_TF[shift:]
        + gain_db
        + np.random.default_rng(seed).normal(0, noise_db, (len(mel_TF) - shift, mel_TF.shape[1]))
    )
    again_TF[:, 50:] -= 40
    return again_TF


def write_sounds(
    root: Path, corpus: str, subset: str, sounds: dict[str, np.ndarray], front_end: FrontEndParams = FRONT_END
) -> None:
    """Write the features of a subset, by clip id."""
    rows = [(name, 160 * len(mel_TF), mel_TF.astype(np.float16)) for name, mel_TF in sorted(sounds.items())]
    write_features(root / "features" / corpus / f"{subset}-00000.parquet", front_end, rows)
