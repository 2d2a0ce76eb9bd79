"""A corpus of a second, for the tests of training and annotation: each of three classes is one loud band of frames."""

from pathlib import Path

import numpy as np
import pyarrow as pa

from psl.annotators.kinds.placeholder import PlaceholderAnnotator
from psl.config import FrontEndParams, Plugin, TrainStudent
from psl.io.features.front_end import front_end_hash
from psl.io.features.store import FeatureStore
from psl.io.features.writer import write_features
from psl.io.labels.soft_labels import SoftLabels
from psl.io.labels.targets import weak_soft_labels
from psl.io.metadata.vocabulary import Vocabulary
from psl.io.schemas import MANIFEST

VOCABULARY = Vocabulary(("/m/a", "/m/b", "/m/c"), ("Alarm", "Bell", "Cough"))
FRONT_END = FrontEndParams(
    sample_rate_hz=16_000,
    n_fft=512,
    win_length_samples=512,
    hop_length_samples=640,
    n_mels=32,
    f_min_hz=0.0,
    f_max_hz=8000.0,
    dynamic_range_db=120.0,
)
ARCHITECTURE = Plugin(name="mobilenetv2", width=0.13, last_channel=16, dropout=0.3)
FRAME_MS = 40


def truth(clips: int) -> np.ndarray:
    """y_NC: clip n has class n % 3, and every fourth one the next class too."""
    y_NC = np.zeros((clips, 3), bool)
    y_NC[np.arange(clips), np.arange(clips) % 3] = True
    y_NC[np.arange(0, clips, 4), (np.arange(0, clips, 4) + 1) % 3] = True
    return y_NC


def toy_store(
    folder: Path,
    clips: int = 40,
    frames: tuple[int, ...] = (40,),
    subset: str = "balanced",
    prefix: str = "clip",
    seed: int = 3,
) -> FeatureStore:
    """Clips `clip00` … with 40 ms a frame; `frames` are their lengths, gone through again and again."""
    rng, rows = np.random.default_rng(seed), []
    for number, y_C in enumerate(truth(clips)):
        length = frames[number % len(frames)]
        mel_TF = rng.normal(-60, 5, (length, 32))
        for band in np.flatnonzero(y_C):
            mel_TF[:, 10 * band : 10 * band + 10] += 40
        rows.append((f"{prefix}{number:02}", length * FRAME_MS * 16, mel_TF.astype(np.float16)))
    write_features(folder / f"{subset}-00000.parquet", FRONT_END, rows)
    return FeatureStore(folder, [subset])


def toy_manifest(store: FeatureStore) -> pa.Table:
    """Its manifest: four clips a source."""
    labels = [[VOCABULARY.mids[c] for c in np.flatnonzero(y_C)] for y_C in truth(len(store))]
    rows = [
        dict(
            clip_id=clip_id,
            path=None,
            start_s=0.0,
            end_s=1.0,
            subset="balanced",
            labels=labels[n],
            source=f"tape{n // 4}",
            audio_hash=None,
        )
        for n, clip_id in enumerate(store.clip_ids)
    ]
    return pa.Table.from_pylist(rows, MANIFEST)


def toy_labels(store: FeatureStore) -> SoftLabels:
    """Weak labels of the store's clips, which must be sorted."""
    return weak_soft_labels(VOCABULARY, tuple(store.clip_ids), store.duration_ms_N, truth(len(store)))


def training_params(**changes) -> TrainStudent:
    """Parameters of a training that takes a second."""
    params = dict(
        architecture=ARCHITECTURE,
        crop_seconds=None,
        validation_share=0.2,
        max_steps=12,
        min_steps=0,
        patience_steps=12,
        validation_steps=4,
        batch_seconds=None,
        batch_windows=8,
        learning_rate=0.01,
        schedule="cosine",
        warm_up_share=0.1,
        gradient_clip_norm=5.0,
        precision="float32",
        device="cpu",
        shuffle_buffer_clips=4096,
        augmentation=Plugin(name="none"),
        augmentation_after_labels=Plugin(name="none"),
        processes=1,
        seeds=(1,),
        calibrated=False,
        labels="stored",
        window_starts="labelled",
    )
    return TrainStudent(**(params | changes))


def placeholder(seed: int = 0) -> PlaceholderAnnotator:
    """An annotator without a network."""
    return PlaceholderAnnotator(VOCABULARY, front_end_hash(FRONT_END), seed)
