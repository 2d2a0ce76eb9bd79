"""One random crop of each clip in every epoch, with the labels of the whole clip."""

import numpy as np
import numpy.typing as npt

from psl.training.engine.samplers import Sampler


def build() -> Sampler:
    """For weak labels that have one window a clip; where it starts in the labels does not matter."""
    return _random_start


def _random_start(
    start_W: npt.NDArray[np.integer], last_start_W: npt.NDArray[np.integer], seed: int, epoch: int
) -> npt.NDArray[np.integer]:
    return np.random.default_rng([seed, epoch, 1]).integers(last_start_W, endpoint=True)
