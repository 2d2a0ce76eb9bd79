"""Where an isolated recording sounds, so that no event is cut from its silence."""

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from psl.errors import PslError

FRAME_S = 0.02
SOUNDING_DB = 30.0  # a frame sounds when it is at most this far below the loudest frame of its recording


@dataclass(frozen=True)
class Sounding:
    """A recording from its first to its last sounding frame, and which of its frames sound."""

    x_T: npt.NDArray[np.float32]
    frame: int  # samples
    sounds_W: npt.NDArray[np.bool_]

    def cut(self, length: int, rng: np.random.Generator) -> npt.NDArray[np.float32]:
        """At most `length` samples that begin with a sounding frame and end with one; all of it when it is shorter.

        Where it may begin: anywhere that gets at least half as many sounding frames as the best place does.
        """
        frames = length // self.frame
        if len(self.sounds_W) <= frames or not frames:
            return self.x_T[:length]
        starts = np.flatnonzero(self.sounds_W[: len(self.sounds_W) - frames + 1])
        before = np.concatenate([[0], np.cumsum(self.sounds_W)])
        heard = before[starts + frames] - before[starts]
        start = int(rng.choice(starts[2 * heard >= heard.max()]))
        last = start + int(np.flatnonzero(self.sounds_W[start : start + frames])[-1])
        return self.x_T[start * self.frame : (last + 1) * self.frame]

    def looped(self, length: int) -> "Sounding":
        """The same sound again and again, for at least `length` samples."""
        whole = len(self.sounds_W) * self.frame
        times = -(-length // whole)
        if times <= 1:
            return self
        x_T = np.pad(self.x_T, (0, whole - len(self.x_T)))  # the last frame may be cut short
        return Sounding(np.tile(x_T, times), self.frame, np.tile(self.sounds_W, times))


def sounding(x_T: npt.NDArray[np.float32], rate_hz: int, name: str) -> Sounding:
    """Find where a recording sounds, by the power of its 20 ms frames. Raises PslError when it is silent throughout."""
    if not np.any(x_T):
        raise PslError(f"the recording {name} of the bank is silent: replace it or take it out")
    frame = max(round(FRAME_S * rate_hz), 1)
    padded = np.pad(x_T.astype(np.float64), (0, -len(x_T) % frame)).reshape(-1, frame)
    power_W = np.mean(padded**2, axis=1)
    sounds_W = power_W >= np.max(power_W) * 10 ** (-SOUNDING_DB / 10)
    first, last = np.flatnonzero(sounds_W)[[0, -1]]
    return Sounding(x_T[first * frame : (last + 1) * frame], frame, sounds_W[first : last + 1])
