"""What can label a window: any object with this interface."""

from typing import Any, Literal, Protocol

import numpy as np
import numpy.typing as npt

from psl.io.metadata.vocabulary import Vocabulary


class Annotator(Protocol):
    """Gives each window a probability for each class; one window's labels do not depend on the others in its batch."""

    @property
    def name(self) -> str:
        """For people and for the provenance of the labels."""

    @property
    def vocabulary(self) -> Vocabulary:
        """The C classes, in their order."""

    @property
    def front_end_hash(self) -> str:
        """Of the front end that made the features it was trained on."""

    @property
    def weights_hash(self) -> str:
        """Changes whenever the labels might."""

    @property
    def device(self) -> Literal["cpu", "cuda"]:
        """Where it computes: an annotator on CUDA is not opened twice on one machine."""

    def __call__(self, mel_BTF: npt.NDArray[np.float32]) -> npt.NDArray[Any]:
        """Probabilities p_BC, float32."""
