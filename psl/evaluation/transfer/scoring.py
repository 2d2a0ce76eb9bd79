"""Clips of any length scored by the mean over their windows, which are as long as the crops of training."""

import numpy as np
import numpy.typing as npt

from psl.annotators.inference.annotator import Annotator
from psl.annotators.inference.clips.features import FeatureClips
from psl.annotators.inference.scorer import Windowing, score_all
from psl.io.features.store import FeatureStore


def windowed_scores(
    model: Annotator, store: FeatureStore, windowing: Windowing, inference_batch_size: int
) -> npt.NDArray[np.float32]:
    """The mean probability over each clip's windows, shape (N, C) in the store's order."""
    clips = score_all(FeatureClips(store), windowing, model, inference_batch_size)
    return np.stack([p_WC.mean(axis=0, dtype=np.float64) for _, p_WC in clips]).astype(np.float32)
