"""An annotator without a network: band energies through a fixed random projection. For tests of all that is around it."""

from dataclasses import dataclass, field

import numpy as np
import numpy.typing as npt

from psl.files import hash_json
from psl.vocabulary import Vocabulary


@dataclass(frozen=True)
class PlaceholderAnnotator:
    """Deterministic, and different for each seed; a psl.annotators.Annotator."""

    vocabulary: Vocabulary
    front_end_hash: str
    seed: int = 0
    name: str = field(default="placeholder", init=False)

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
