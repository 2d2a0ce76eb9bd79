"""The one scorer of windows: clips are cut into windows, windows share full batches, each clip gets its probabilities.

A window's probabilities depend on the window and the annotator alone: all windows have the same length, every
batch of a network has the same size (the last is filled up with copies, here or by the annotator), and networks in
evaluation mode see one window at a time.
"""

from collections import deque
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from itertools import islice
from typing import NamedTuple

import numpy as np
import numpy.typing as npt

from psl.annotators.inference.annotator import Annotator
from psl.annotators.inference.clips import Clips, Content, TimeAxis
from psl.io.windows import LastWindow, to_units, window_starts
from psl.runtime.progress import track


@dataclass(frozen=True)
class Windowing:
    """How clips are cut into windows, in milliseconds; see psl.io.windows.window_starts."""

    length_ms: int
    hop_ms: int
    last_window: LastWindow

    @classmethod
    def of_seconds(cls, window_seconds: float, hop_seconds: float, last_window: LastWindow = "shift") -> "Windowing":
        """Windows of that length and hop."""
        return cls(to_units(window_seconds, 1000), to_units(hop_seconds, 1000), last_window)

    def starts(self, duration_ms: int) -> npt.NDArray[np.int64]:
        """start_ms_W of a clip."""
        return window_starts(duration_ms, self.length_ms, self.hop_ms, self.last_window)


class Clip(NamedTuple):
    """The content of a clip, mel_TF or x_T, and its duration, which says how many windows it has."""

    content: Content
    duration_ms: int


def score_clips(
    clips: Iterable[Clip],
    windowing: Windowing,
    axis: TimeAxis,
    annotator: Annotator,
    *,
    inference_batch_size: int,
) -> Iterator[npt.NDArray[np.float32]]:
    """p_WC of each clip, in the order of `clips`.

    Clips are read one by one: memory holds one batch, and p_WC of one clip.
    """
    windows_per_clip: deque[int] = deque()
    windows = _windows(clips, windowing, axis, windows_per_clip)
    probabilities = _probabilities(windows, annotator, inference_batch_size)
    for first_C in probabilities:
        yield np.stack([first_C, *islice(probabilities, windows_per_clip.popleft() - 1)])


def score_all(
    clips: Clips, windowing: Windowing, annotator: Annotator, inference_batch_size: int
) -> Iterator[tuple[int, npt.NDArray[np.float32]]]:
    """Number and p_WC of each of `clips`, in the order of the numbers, with progress."""
    contents = (
        Clip(content, int(clips.duration_ms_N[number]))
        for number, content in track(clips.clips(), f"scoring {annotator.name}", len(clips.clip_ids))
    )
    return enumerate(score_clips(contents, windowing, clips.axis, annotator, inference_batch_size=inference_batch_size))


def _windows(
    clips: Iterable[Clip], windowing: Windowing, axis: TimeAxis, windows_per_clip: deque[int]
) -> Iterator[Content]:
    """Every window.

    Each clip's number of windows is appended to `windows_per_clip` before its first window.
    """
    for content, duration_ms in clips:
        start_ms_W = windowing.starts(duration_ms)
        windows_per_clip.append(len(start_ms_W))
        for start_ms in start_ms_W.tolist():
            yield axis.window(content, start_ms, windowing.length_ms)


def _probabilities(
    windows: Iterator[Content], annotator: Annotator, batch_size: int
) -> Iterator[npt.NDArray[np.float32]]:
    """p_C of each window, from batches of exactly `batch_size` windows where the annotator does not fill up its own."""
    while batch := list(islice(windows, batch_size)):
        full = batch if annotator.fills_batches else batch + batch[:1] * (batch_size - len(batch))
        yield from annotator(np.stack(full).astype(np.float32, copy=False))[: len(batch)]
