"""How several channels become one: their mean, the loudest of them, or one by its number."""

from typing import Literal

import numpy as np
import numpy.typing as npt

from psl.runtime.errors import PslError

Channel = Literal["mean", "loudest"] | int  # a number counts from 1; a recording of one channel has no other


class Mixer:
    """Mixes the blocks of one clip. `channel_peak` is the largest absolute sample of any channel so far."""

    def __init__(self, channel: Channel) -> None:
        self._channel, self.channel_peak = channel, 0.0
        self._blocks: list[npt.NDArray[np.float32]] = []  # (T,), or (T, channels) while the loudest is not known

    def add(self, path: str, x_TD: npt.NDArray[np.float32]) -> None:
        """Add the next samples of the file `path`. Raises PslError when it does not have the channel."""
        n_channels = x_TD.shape[1]
        self.channel_peak = max(self.channel_peak, float(np.abs(x_TD).max(initial=0.0)))
        if n_channels == 1:
            x_TD = x_TD[:, 0]
        elif self._channel == "mean":
            x_TD = x_TD.mean(axis=1, dtype=np.float32)
        elif isinstance(self._channel, int):
            if self._channel > n_channels:
                raise PslError(
                    f"the audio file {path} has {n_channels} channels, and features.channel is {self._channel}: "
                    "choose another, `mean` or `loudest`"
                )
            x_TD = x_TD[:, self._channel - 1]
        self._blocks.append(x_TD)

    def mixed(self) -> npt.NDArray[np.float32]:
        """All samples x_T, of the channel with the most energy where the loudest is wanted, the first of equals."""
        if not self._blocks:
            return np.zeros(0, np.float32)
        x_T = self._blocks[0] if len(self._blocks) == 1 else np.concatenate(self._blocks)
        if x_T.ndim > 1:
            x_T = x_T[:, np.einsum("td,td->d", x_T, x_T, dtype=np.float64).argmax()]
        return np.ascontiguousarray(x_T)
