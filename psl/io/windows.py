"""Convert time to whole numbers, which happens only here, and cut clips into windows.

Windows are in milliseconds; `frames_in` converts them to feature frames.
"""

import math
from typing import Literal

import numpy as np
import numpy.typing as npt

from psl.runtime.errors import PslError

LastWindow = Literal["shift", "drop"]  # of a clip that is not a whole number of hops


def to_units(seconds: float, per_second: int) -> int:
    """Seconds as a whole number of samples (`per_second` = Hz) or milliseconds (1000), halves rounded up.

    >>> to_units(0.5, 16_000), to_units(10.0, 1000), to_units(0.00003125, 16_000)
    (8000, 10000, 1)
    """
    if not math.isfinite(seconds) or seconds < 0:
        raise PslError(f"a time of {seconds} s is not possible: give a finite number of seconds from 0 on")
    return math.floor(seconds * per_second + 0.5)


def frames_in(milliseconds: int, sample_rate_hz: int, hop_length_samples: int) -> int:
    """Milliseconds as a number of feature frames, halves rounded up.

    >>> frames_in(2000, 16_000, 160), frames_in(2000, 16_000, 640), frames_in(10, 16_000, 640)
    (200, 50, 0)
    """
    return (2 * milliseconds * sample_rate_hz + 1000 * hop_length_samples) // (2 * 1000 * hop_length_samples)


def window_starts(duration: int, length: int, hop: int, last_window: LastWindow = "shift") -> npt.NDArray[np.int64]:
    """Starts of the windows of one clip, all in the same unit (ms, samples or frames).

    Every window is `length` long. The remainder at the end is covered by one more window that is shifted back to end
    with the clip ("shift"), or left out ("drop"). A clip shorter than one window has one window, at 0, which is filled
    by repeating the clip.

    >>> for case in [(10, 2, 2), (10, 5, 5), (10, 3, 3), (10, 4, 2), (9, 10, 10), (10, 10, 10)]:
    ...     print(case, window_starts(*case).tolist(), window_starts(*case, last_window="drop").tolist())
    (10, 2, 2) [0, 2, 4, 6, 8] [0, 2, 4, 6, 8]
    (10, 5, 5) [0, 5] [0, 5]
    (10, 3, 3) [0, 3, 6, 7] [0, 3, 6]
    (10, 4, 2) [0, 2, 4, 6] [0, 2, 4, 6]
    (9, 10, 10) [0] [0]
    (10, 10, 10) [0] [0]
    """
    if min(duration, length, hop) < 1:
        raise PslError(f"duration {duration}, window length {length} and hop {hop} must each be at least 1")
    starts = np.arange(0, max(duration - length, 0) + 1, hop, dtype=np.int64)
    if last_window == "shift" and starts[-1] + length < duration:
        starts = np.append(starts, duration - length)
    return starts


def fit_frames(mel_TF: npt.NDArray[np.floating], start: int, frames: int) -> npt.NDArray[np.floating]:
    """The `frames` frames from `start` on, shape (frames, F); a clip that is too short is repeated from its beginning.

    Everything that reads windows uses this function, so that annotator and student see the same input.
    """
    if start + frames <= len(mel_TF):
        return mel_TF[start : start + frames]
    return mel_TF[(start + np.arange(frames)) % len(mel_TF)]
