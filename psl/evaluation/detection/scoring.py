"""Scores over time of a model on a feature store: its own time steps, or sliding windows averaged on a grid."""

from collections.abc import Callable, Iterator, Sequence

import numpy as np
import numpy.typing as npt
import torch

from psl.annotators.inference.annotator import Annotator
from psl.annotators.inference.clip_scores import batches
from psl.annotators.inference.clips import Clips
from psl.annotators.inference.network.saved_model import SavedModel
from psl.annotators.inference.scorer import Windowing, score_all
from psl.evaluation.detection.grid import grid_edges_ms, on_grid, step_edges
from psl.evaluation.detection.metrics.ground_truth import FrameScores
from psl.io.features.store import FeatureStore
from psl.runtime.errors import PslError
from psl.runtime.progress import track

NumberedScores = Iterator[tuple[int, FrameScores]]  # number of the clip in the store, scores of all the model's classes


def step_scores(model: SavedModel, store: FeatureStore, inference_batch_size: int) -> NumberedScores:
    """The network's own steps; a batch holds clips of one length, so that nothing is padded.

    In the order of batches.
    """
    clips = track(store.clips(), f"scoring {model.name}", len(store))
    for numbers, mel_BTF in batches(clips, inference_batch_size):
        for number, p_TC in zip(numbers, _steps(model, mel_BTF), strict=True):
            yield number, FrameScores(step_edges(len(p_TC), float(store.duration_ms_N[number]) / 1000), p_TC)


def window_scores(
    annotator: Annotator, clips: Clips, windowing: Windowing, inference_batch_size: int
) -> NumberedScores:
    """Clip probabilities of windows, averaged on a grid of the windows' hop. A short clip is repeated."""
    for number, p_WC in score_all(clips, windowing, annotator, inference_batch_size):
        duration_ms = int(clips.duration_ms_N[number])
        edges_ms = grid_edges_ms(duration_ms, windowing.hop_ms)
        p_GC = on_grid(p_WC, windowing.starts(duration_ms), windowing.length_ms, edges_ms)
        yield number, FrameScores(edges_ms / 1000, p_GC.astype(np.float32))


def mean_scores(
    scores: Sequence[NumberedScores], mean: Callable[[list[npt.NDArray[np.float32]]], npt.NDArray[np.float32]]
) -> NumberedScores:
    """The `mean` of several annotators' scores of the same windows of the same clips."""
    for clips in zip(*scores, strict=True):
        number, first = clips[0]
        yield number, FrameScores(first.edges_s, mean([clip.score_TC for _, clip in clips]))


def _steps(model: SavedModel, mel_BTF: npt.NDArray[np.float32]) -> npt.NDArray[np.float32]:
    """The second output of a network of models/, p_BTC."""
    device = next(model.network.parameters()).device
    with torch.inference_mode():
        p_BTC = model.network(torch.from_numpy(mel_BTF).to(device))[1]
    if p_BTC is None:
        raise PslError(f"the network of {model.name} has no time steps: set detect.scores to windows")
    steps: npt.NDArray[np.float32] = p_BTC.cpu().numpy()
    return steps
