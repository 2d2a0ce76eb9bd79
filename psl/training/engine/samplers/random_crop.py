"""Windows at random places in their clips, in every epoch others."""

import numpy as np
import numpy.typing as npt

from psl.training.engine.samplers import Sampler


def build() -> Sampler:
    """For labels that hold anywhere: the weak labels of a clip, or those that the annotator gives each batch."""
    return _random_start


def _random_start(
    start_W: npt.NDArray[np.integer], last_start_W: npt.NDArray[np.integer], seed: int, epoch: int
) -> npt.NDArray[np.integer]:
    return np.random.default_rng([seed, epoch, 1]).integers(last_start_W, endpoint=True)
