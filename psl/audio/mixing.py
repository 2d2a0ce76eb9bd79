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
        self._energy_DD: npt.NDArray[np.float64] = np.zeros((1, 1))

    @property
    def cancelled_peak(self) -> float:
        """The largest absolute sample of any channel, where their mean has next to nothing of them; otherwise 0."""
        return self._peak if _cancel(self._energy_DD) else 0.0

    def mix(self, path: str, x_TD: npt.NDArray[np.float32]) -> npt.NDArray[np.float32]:
        """x_T of the next samples of the file `path`; a single channel is taken whatever was asked for.

        Raises PslError when the file does not have the channel.
        """
        n_channels = x_TD.shape[1]
        if n_channels == 1:
            return channel_mean(x_TD)
        if isinstance(self._channel, int):
            if self._channel > n_channels:
                raise PslError(
                    f"the audio file {path} has {n_channels} channels, and features.channel is {self._channel}: "
                    "choose another, `mean` or `loudest`"
                )
            return np.ascontiguousarray(x_TD[:, self._channel - 1])
        energy_DD = _energy(x_TD)
        self._energy_DD = self._energy_DD + energy_DD
        if _cancel(energy_DD):
            self._peak = max(self._peak, float(np.abs(x_TD).max(initial=0.0)))
        return channel_mean(x_TD)


def channel_mean(x_TD: npt.NDArray[np.float32]) -> npt.NDArray[np.float32]:
    """x_T, the mean of the channels.

    Added channel by channel, which takes a twentieth of the time of numpy's mean over rows as short as two samples.
    """
    if (n_channels := x_TD.shape[1]) == 1:
        return np.ascontiguousarray(x_TD[:, 0])
    x_T: npt.NDArray[np.float32] = x_TD[:, 0] + x_TD[:, 1]
    for channel in range(2, n_channels):
        x_T += x_TD[:, channel]
    x_T /= n_channels
    return x_T


def loudest(blocks: Iterable[npt.NDArray[np.float32]]) -> int:
    """The number, from 1, of the channel with the most energy in all blocks (T, channels); the first of equals."""
    total_DD = sum(map(_energy, blocks), np.zeros((1, 1)))
    return int(total_DD.diagonal().argmax()) + 1


def _energy(x_TD: npt.NDArray[np.float32]) -> npt.NDArray[np.float64]:
    """The sum over time of the products of any two channels: their energies on the diagonal."""
    with np.errstate(over="ignore", invalid="ignore"):
        return (x_TD.T @ x_TD).astype(np.float64)


def _cancel(energy_DD: npt.NDArray[np.float64]) -> bool:
    """Whether the channels' mean has next to nothing of the loudest's energy."""
    return bool(energy_DD.mean() < CANCELLED_SHARE * energy_DD.diagonal().max())
