"""How several channels become one: their mean, the loudest of them, or one by its number."""

from collections.abc import Iterable
from typing import Literal

import numpy as np
import numpy.typing as npt

from psl.runtime.errors import PslError

CANCELLED_SHARE = 1e-3  # of the loudest channel's energy: channels whose mean has less are out of phase


class Mixer:
    """Mixes the blocks of one clip."""

    def __init__(self, channel: Literal["mean"] | int) -> None:
        self._channel, self._peak = channel, 0.0
        self._energy_D, self._mixed_energy = np.zeros(1), 0.0

    @property
    def cancelled_peak(self) -> float:
        """The largest absolute sample of any channel, where their mean has next to nothing of them; otherwise 0."""
        return self._peak if self._mixed_energy < CANCELLED_SHARE * self._energy_D.max() else 0.0

    def mix(self, path: str, x_TD: npt.NDArray[np.float32]) -> npt.NDArray[np.float32]:
        """x_T of the next samples of the file `path`; a single channel is taken whatever was asked for.

        Raises PslError when the file does not have the channel.
        """
        n_channels = x_TD.shape[1]
        if n_channels == 1:
            return np.ascontiguousarray(x_TD[:, 0])
        if isinstance(self._channel, int):
            if self._channel > n_channels:
                raise PslError(
                    f"the audio file {path} has {n_channels} channels, and features.channel is {self._channel}: "
                    "choose another, `mean` or `loudest`"
                )
            return np.ascontiguousarray(x_TD[:, self._channel - 1])
        x_T = x_TD.mean(axis=1, dtype=np.float32)
        self._peak = max(self._peak, float(np.abs(x_TD).max(initial=0.0)))
        self._energy_D = self._energy_D + energy(x_TD)
        self._mixed_energy += float(energy(x_T))
        return x_T


def energy(x_TD: npt.NDArray[np.float32]) -> npt.NDArray[np.float64]:
    """The sum of the squared samples over time: of each channel, or of x_T."""
    total_D: npt.NDArray[np.float64] = np.square(x_TD).sum(axis=0, dtype=np.float64)
    return total_D


def loudest(blocks: Iterable[npt.NDArray[np.float32]]) -> int:
    """The number, from 1, of the channel with the most energy in all blocks (T, channels); the first of equals."""
    total_D = sum(map(energy, blocks), np.zeros(1))
    return int(np.argmax(total_D)) + 1
