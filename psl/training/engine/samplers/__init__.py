"""Where the windows of training batches start, one file for each rule, with a `build()` that makes a sampler."""

from typing import Protocol

import numpy as np
import numpy.typing as npt


class Sampler(Protocol):
    """Gives each window of the labels its place in its clip, anew in each epoch."""

    def __call__(
        self, start_W: npt.NDArray[np.integer], last_start_W: npt.NDArray[np.integer], seed: int, epoch: int
    ) -> npt.NDArray[np.integer]:
        """First frame of each window, a function of the arguments alone.

        `start_W` is where the labels put it, and `last_start_W` the last frame from which a whole window lies in the
        clip, 0 in shorter clips.
        """
