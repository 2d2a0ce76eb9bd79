"""Clips of any length scored by the mean over their windows, which are as long as the crops of training."""

from collections.abc import Iterator

import numpy as np
import numpy.typing as npt

from psl.annotation_shards import Windowing, label_windows
from psl.features.store import FeatureStore
from psl.progress import track
from psl.saved_models import SavedModel
from psl.windows import frames_in

TOGETHER = 256  # clips whose windows are batched together


def windowed_scores(model: SavedModel, store: FeatureStore, windowing: Windowing, batch_windows: int) -> npt.NDArray[np.float32]:
    """The mean probability over each clip's windows, shape (N, C) in the store's order."""
    return np.concatenate([_scores(model, store, groups, windowing, batch_windows) for groups in _together(store)])


def _together(store: FeatureStore) -> Iterator[list[int]]:
    part: list[int] = []
    for group in track(range(len(store.groups)), "scoring clips", len(store.groups)):
        part.append(group)
        if sum(len(store.groups[member]) for member in part) >= TOGETHER or group + 1 == len(store.groups):
            yield part
            part = []


def _scores(model: SavedModel, store: FeatureStore, groups: list[int], windowing: Windowing, batch: int) -> npt.NDArray[np.float32]:
    rate_hz, hop = store.front_end.sample_rate_hz, store.front_end.hop_samples
    clips = [clip for group in groups for clip in zip(store.groups[group], store.read_group(group), strict=True)]
    starts = [windowing.starts(int(store.duration_ms_N[number])) for number, _ in clips]
    windows = [
        (mel_TF, frames_in(int(start), rate_hz, hop)) for (_, mel_TF), start_W in zip(clips, starts, strict=True) for start in start_W
    ]
    p_WC = label_windows(model, windows, frames_in(windowing.length_ms, rate_hz, hop), batch)
    ends = np.cumsum([len(start_W) for start_W in starts])
    return np.stack([p.mean(axis=0, dtype=np.float64) for p in np.split(p_WC, ends[:-1])]).astype(np.float32)
