"""What can label a window: any object with this interface."""

from dataclasses import dataclass
from typing import Any, Literal, Protocol

import numpy as np
import numpy.typing as npt

from psl.io.metadata.vocabulary import Vocabulary


@dataclass(frozen=True)
class FeatureInput:
    """Windows mel_BTF of the features that the front end with this hash made."""

    front_end_hash: str

    def __str__(self) -> str:
        return f"features of the front end {self.front_end_hash[:8]}"


@dataclass(frozen=True)
class AudioInput:
    """Windows x_BT of audio: mono, full scale 1."""

    sample_rate_hz: int

    def __str__(self) -> str:
        return f"audio at {self.sample_rate_hz} Hz"


Input = FeatureInput | AudioInput


class Annotator(Protocol):
    """Gives each window a probability for each class; one window's labels do not depend on the others in its batch."""

    @property
    def name(self) -> str:
        """For people and for the provenance of the labels."""

    @property
    def vocabulary(self) -> Vocabulary:
        """The C classes, in their order."""

    @property
    def input(self) -> Input:
        """What it takes."""

    @property
    def weights_hash(self) -> str:
        """Changes whenever the labels might."""

    @property
    def n_parameters(self) -> int | None:
        """Of its network; None when nobody says."""

    @property
    def device(self) -> Literal["cpu", "cuda"]:
        """Where it computes: an annotator on CUDA is not opened twice on one machine."""

    @property
    def fills_batches(self) -> bool:
        """Whether its network always gets batches of one size, so that the caller may hand over fewer windows."""

    def __call__(self, x: npt.NDArray[np.float32], /) -> npt.NDArray[Any]:
        """Probabilities p_BC, float32, of windows that are all of one length."""
