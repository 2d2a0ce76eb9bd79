"""Scores in time of a model over a feature store: its own steps, or sliding windows averaged on a grid."""

from collections.abc import Iterator

import numpy as np
import numpy.typing as npt
import torch

from psl.annotation_shards import label_windows
from psl.detection.grid import grid_edges_ms, on_grid, step_edges
from psl.errors import PslError
from psl.features.store import FeatureStore
from psl.metrics.detection import ClipScores
from psl.progress import track
from psl.saved_models import SavedModel
from psl.tagging import batches
from psl.windows import frames_in, window_starts

CLIPS_AT_ONCE = 64  # whose windows share batches
Scored = Iterator[tuple[int, ClipScores]]  # number of the clip in the store, its scores of all the model's classes


def step_scores(model: SavedModel, store: FeatureStore, batch_clips: int) -> Scored:
    """The network's own steps; a batch holds clips of one length, so that nothing is padded. In the order of batches."""
    for numbers, mel_BTF in batches(track(store.clips(), f"scoring {model.name}", len(store)), batch_clips):
        for number, p_TC in zip(numbers, _steps(model, mel_BTF), strict=True):
            yield number, ClipScores(step_edges(len(p_TC), float(store.duration_ms_N[number]) / 1000), p_TC)


def window_scores(model: SavedModel, store: FeatureStore, length_ms: int, hop_ms: int, batch_windows: int) -> Scored:
    """Clip probabilities of windows of `length_ms` every `hop_ms`, averaged on a grid of `hop_ms`. A short clip is repeated."""
    frames = _frames(store, length_ms)
    for clips in _chunks(track(store.clips(), f"scoring {model.name}", len(store))):
        starts = [window_starts(int(store.duration_ms_N[number]), length_ms, hop_ms) for number, _ in clips]
        windows = [(mel_TF, _frames(store, int(start))) for (_, mel_TF), start_W in zip(clips, starts, strict=True) for start in start_W]
        p_WC = label_windows(model, windows, frames, batch_windows)
        ends = np.cumsum([len(start_W) for start_W in starts])
        for (number, _), start_W, p_of_clip_WC in zip(clips, starts, np.split(p_WC, ends[:-1]), strict=True):
            edges_ms = grid_edges_ms(int(store.duration_ms_N[number]), hop_ms)
            yield number, ClipScores(edges_ms / 1000, on_grid(p_of_clip_WC, start_W, length_ms, edges_ms).astype(np.float32))


def _chunks(clips: Iterator[tuple[int, npt.NDArray[np.float16]]]) -> Iterator[list[tuple[int, npt.NDArray[np.float16]]]]:
    chunk = []
    for clip in clips:
        chunk.append(clip)
        if len(chunk) == CLIPS_AT_ONCE:
            yield chunk
            chunk = []
    if chunk:
        yield chunk


def _frames(store: FeatureStore, milliseconds: int) -> int:
    return frames_in(milliseconds, store.front_end.sample_rate_hz, store.front_end.hop_samples)


def _steps(model: SavedModel, mel_BTF: npt.NDArray[np.float32]) -> npt.NDArray[np.float32]:
    """The second output of a network of models.MODELS, p_BTC."""
    device = next(model.network.parameters()).device
    with torch.inference_mode():
        p_BTC = model.network(torch.from_numpy(mel_BTF).to(device))[1]
    if p_BTC is None:
        raise PslError(f"the network of {model.name} has no time steps: set detect.scores to windows")
    steps: npt.NDArray[np.float32] = p_BTC.cpu().numpy()
    return steps
