"""The one scorer of windows: clips are cut into windows, windows share full batches, each clip gets its probabilities.

A window's probabilities depend on the window and the annotator alone: all windows have the same number of frames, every
batch has the same size (the last is filled up with copies), and networks in evaluation mode see one window at a time.
"""

from collections import deque
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from itertools import islice
from typing import Any, NamedTuple

import numpy as np
import numpy.typing as npt

from psl.annotators.inference.annotator import Annotator
from psl.config import FrontEndParams
from psl.io.features.store import FeatureStore
from psl.io.windows import LastWindow, fit_frames, frames_in, window_starts
from psl.runtime.progress import track


@dataclass(frozen=True)
class Windowing:
    """How clips are cut into windows, in milliseconds; see psl.io.windows.window_starts."""

    length_ms: int
    hop_ms: int
    last_window: LastWindow

    def starts(self, duration_ms: int) -> npt.NDArray[np.int64]:
        """start_ms_W of a clip."""
        return window_starts(duration_ms, self.length_ms, self.hop_ms, self.last_window)


class ClipFeatures(NamedTuple):
    """Log-mel features of a clip, and its duration, which says how many windows it has."""

    mel_TF: npt.NDArray[Any]
    duration_ms: int


def score_clips(
    clips: Iterable[ClipFeatures],
    windowing: Windowing,
    front_end: FrontEndParams,
    annotator: Annotator,
    *,
    inference_batch_size: int,
) -> Iterator[npt.NDArray[np.float32]]:
    """p_WC of each clip, in the order of `clips`.

    Clips are read one by one: memory holds one batch, and p_WC of one clip.
    """
    windows_per_clip: deque[int] = deque()
    windows = _windows(clips, windowing, front_end, windows_per_clip)
    probabilities = _probabilities(windows, annotator, inference_batch_size)
    for first_C in probabilities:
        yield np.stack([first_C, *islice(probabilities, windows_per_clip.popleft() - 1)])


def score_store(
    store: FeatureStore, windowing: Windowing, annotator: Annotator, inference_batch_size: int
) -> Iterator[tuple[int, npt.NDArray[np.float32]]]:
    """Number and p_WC of each clip of `store`, in the order of the numbers, with progress."""
    clips = (
        ClipFeatures(mel_TF, int(store.duration_ms_N[number]))
        for number, mel_TF in track(store.clips(), f"scoring {annotator.name}", len(store))
    )
    return enumerate(
        score_clips(clips, windowing, store.front_end, annotator, inference_batch_size=inference_batch_size)
    )


def _windows(
    clips: Iterable[ClipFeatures], windowing: Windowing, front_end: FrontEndParams, windows_per_clip: deque[int]
) -> Iterator[npt.NDArray[Any]]:
    """The features of every window.

    Each clip's number of windows is appended to `windows_per_clip` before its first window.
    """
    rate_hz, hop = front_end.sample_rate_hz, front_end.hop_length_samples
    frames = frames_in(windowing.length_ms, rate_hz, hop)
    for mel_TF, duration_ms in clips:
        start_ms_W = windowing.starts(duration_ms)
        windows_per_clip.append(len(start_ms_W))
        for start_ms in start_ms_W.tolist():
            yield fit_frames(mel_TF, frames_in(start_ms, rate_hz, hop), frames)


def _probabilities(
    windows: Iterator[npt.NDArray[Any]], annotator: Annotator, batch_size: int
) -> Iterator[npt.NDArray[np.float32]]:
    """p_C of each window, from batches of exactly `batch_size` windows."""
    while batch := list(islice(windows, batch_size)):
        full = batch + batch[:1] * (batch_size - len(batch))
        yield from annotator(np.stack(full).astype(np.float32))[: len(batch)]
