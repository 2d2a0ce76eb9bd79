"""What a kind of annotator makes of a file of weights: something that turns a batch of windows into raw numbers."""

from dataclasses import dataclass
from typing import Literal, Protocol

import numpy as np
import numpy.typing as npt


class Model(Protocol):
    """A network as its library opens it, without psl's normalisation before it and without what comes after it.

    Contract (psl.config.contract) says what it takes and gives; psl.annotators.foreign does the rest.
    """

    @property
    def device(self) -> Literal["cpu", "cuda"]:
        """Where it computes."""

    def __call__(self, x: npt.NDArray[np.float32], /) -> npt.NDArray[np.float32]:
        """Raw output raw_BC of windows x_BT, or of log-mel spectrograms with the axes of the contract."""


@dataclass(frozen=True)
class Asked:
    """Said by a model of a field of its contract that it needs, and that only a person can state."""

    choices: str  # for the message
