"""The active part of an isolated recording, so that no event is cut from its silence."""

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from psl.runtime.errors import PslError

FRAME_S = 0.02
ACTIVE_DB = 30.0  # a frame is active when its power is at most this far below the loudest frame's


@dataclass(frozen=True)
class ActivePart:
    """A recording from its first to its last active frame, and which of its W frames are active."""

    x_T: npt.NDArray[np.float32]
    frame_samples: int
    active_W: npt.NDArray[np.bool_]

    def excerpt(self, length: int, rng: np.random.Generator) -> npt.NDArray[np.float32]:
        """A random excerpt of at most `length` samples that starts and ends in an active frame; all of it when shorter.

        It starts where it holds at least half as many active frames as the best start would give.
        """
        frames = length // self.frame_samples
        if len(self.active_W) <= frames or not frames:
            return self.x_T[:length]
        starts = np.flatnonzero(self.active_W[: len(self.active_W) - frames + 1])
        active_before = np.concatenate([[0], np.cumsum(self.active_W)])
        active = active_before[starts + frames] - active_before[starts]
        start = int(rng.choice(starts[2 * active >= active.max()]))
        last = start + int(np.flatnonzero(self.active_W[start : start + frames])[-1])
        return self.x_T[start * self.frame_samples : (last + 1) * self.frame_samples]

    def looped(self, length: int) -> "ActivePart":
        """The same sound repeated to at least `length` samples."""
        if len(self.x_T) >= length:
            return self
        period = len(self.active_W) * self.frame_samples
        times = -(-length // period)
        x_T = np.pad(self.x_T, (0, period - len(self.x_T)))  # the last frame may be cut short
        return ActivePart(np.tile(x_T, times), self.frame_samples, np.tile(self.active_W, times))


def find_active_part(x_T: npt.NDArray[np.float32], rate_hz: int, name: str) -> ActivePart:
    """The active part of a recording, by the power of its 20 ms frames. Raises PslError when it is silent."""
    if not np.any(x_T):
        raise PslError(f"the recording {name} of the bank is silent: replace it or take it out")
    frame_samples = max(round(FRAME_S * rate_hz), 1)
    frame_WT = np.pad(x_T.astype(np.float64), (0, -len(x_T) % frame_samples)).reshape(-1, frame_samples)
    power_W = np.mean(frame_WT**2, axis=1)
    active_W = power_W >= np.max(power_W) * 10 ** (-ACTIVE_DB / 10)
    first, last = np.flatnonzero(active_W)[[0, -1]]
    return ActivePart(
        x_T[first * frame_samples : (last + 1) * frame_samples], frame_samples, active_W[first : last + 1]
    )
