"""An annotator without a network, for tests: band energies through a fixed random projection."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Literal

import numpy as np
import numpy.typing as npt

from psl.annotators.inference.annotator import FeatureInput
from psl.config.base import Device
from psl.io.hashes import hash_json
from psl.io.metadata.vocabulary import Vocabulary


@dataclass(frozen=True)
class PlaceholderAnnotator:
    """Deterministic, and different for each seed; a psl.annotators.inference.annotator.Annotator."""

    vocabulary: Vocabulary
    front_end_hash: str
    seed: int = 0
    name: str = field(default="placeholder", init=False)
    device: Literal["cpu", "cuda"] = field(default="cpu", init=False)
    fills_batches: bool = field(default=False, init=False)

    @property
    def n_parameters(self) -> None:
        """It has no network."""

    @property
    def input(self) -> FeatureInput:
        """Features of the front end that it was made for."""
        return FeatureInput(self.front_end_hash)

    @property
    def weights_hash(self) -> str:
        """Of all that the probabilities depend on."""
        return hash_json([self.name, self.seed, self.vocabulary.hash])

    def __call__(self, mel_BTF: npt.NDArray[np.float32]) -> npt.NDArray[np.float32]:
        """Probabilities p_BC; summed in a fixed order, so that they do not depend on the batch."""
        band_BF = mel_BTF.mean(axis=1, dtype=np.float64)
        band_BF = (band_BF - band_BF.mean(axis=1, keepdims=True)) / 10.0  # dB over the window's mean, in tens
        weight_FC = np.random.default_rng([self.seed]).standard_normal((mel_BTF.shape[2], len(self.vocabulary)))
        logit_BC = (band_BF[:, :, None] * weight_FC).sum(axis=1) / np.sqrt(mel_BTF.shape[2]) - 1.0
        return (1 / (1 + np.exp(-logit_BC))).astype(np.float32)


def files(source: Path, stated: Mapping[str, Any] | None = None) -> list[Path]:
    """The class list that it is given as its source."""
    return [source]


def open_annotator(source: Path, front_end_hash: str, device: Device) -> PlaceholderAnnotator:
    """For the classes in `source`, and for any features."""
    return PlaceholderAnnotator(Vocabulary.read(source), front_end_hash)


def licence(_: PlaceholderAnnotator) -> str:
    """That of psl."""
    return "Apache-2.0"
