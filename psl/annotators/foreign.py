"""An annotator that others trained: a model and its contract, from windows of audio to probabilities."""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Literal

import numpy as np
import numpy.typing as npt

from psl.annotators.inference.annotator import AudioInput
from psl.annotators.model import Model
from psl.annotators.normalise import normalise
from psl.annotators.outputs import to_probabilities
from psl.annotators.pieces import cut, pool
from psl.config.contract import Contract, LogMel
from psl.features.log_mel import front_end
from psl.io.metadata.vocabulary import Vocabulary

# Of audio in one forward on the CPU: more no longer fits its caches (a small Wav2Vec2 takes 1.7 times as long for 64
# windows of 2 s at once as for 8 at a time), and less does not repay each call.
CPU_SECONDS = 20
AXES = {"BTF": (0, 1, 2), "BFT": (0, 2, 1)}


@dataclass(frozen=True, eq=False)
class ForeignAnnotator:
    """A psl.annotators.inference.annotator.Annotator of its own classes, from audio."""

    contract: Contract
    vocabulary: Vocabulary  # K classes
    model: Model
    weights_hash: str  # of the model's files, its classes, and what the contract says of its numbers

    @property
    def name(self) -> str:
        """As the contract says."""
        return self.contract.name

    @property
    def input(self) -> AudioInput:
        """Audio of the contract's sample rate, also for a model that takes log-mel spectrograms."""
        return AudioInput(self.contract.sample_rate_hz)

    @property
    def n_parameters(self) -> None:
        """Models of others do not say."""

    @property
    def device(self) -> Literal["cpu", "cuda"]:
        """Where the model computes."""
        return self.model.device

    @property
    def fills_batches(self) -> bool:
        """On a GPU it computes all windows that it is given at once, unless the contract states a batch."""
        return self.device == "cpu" or self.contract.batch_windows is not None

    def __call__(self, x_BT: npt.NDArray[np.float32]) -> npt.NDArray[np.float32]:
        """Probabilities p_BK. Raises PslError for numbers that are not what the contract says."""
        return pool(to_probabilities(self.raw(x_BT), self.contract), len(x_BT), self.contract)

    def raw(self, x_BT: npt.NDArray[np.float32]) -> npt.NDArray[np.float32]:
        """The model's own numbers raw_PK for the pieces of each window in turn (see psl.annotators.pieces)."""
        x_PT = cut(normalise(x_BT, self.contract.normalisation), self.contract)
        inputs = x_PT if self.contract.log_mel is None else log_mels(x_PT, self.contract.log_mel)
        batch = self.contract.batch_windows or self._at_once(*x_PT.shape)
        return np.concatenate([self.model(some)[:n] for some, n in _batches(inputs, batch)])

    def _at_once(self, pieces: int, samples: int) -> int:
        """How many pieces one forward computes; on the CPU a power of two, whatever the number of pieces."""
        if self.device == "cuda":
            return pieces
        most = CPU_SECONDS * self.contract.sample_rate_hz // samples
        return 1 << max(most.bit_length() - 1, 0)


def log_mels(x_PT: npt.NDArray[np.float32], params: LogMel) -> npt.NDArray[np.float32]:
    """The log-mel spectrogram of each piece, (dB - mean_db) / std_db, with the axes that the model takes."""
    mel_PTF = np.stack([front_end(params.front_end).log_mel(x_T) for x_T in x_PT]).astype(np.float32)
    mel_PTF = (mel_PTF - np.float32(params.mean_db)) / np.float32(params.std_db)
    mel = np.ascontiguousarray(mel_PTF.transpose(AXES[params.axes.replace("1", "")]))
    return mel[:, None] if "1" in params.axes else mel


def _batches(inputs: npt.NDArray[np.float32], size: int) -> Iterator[tuple[npt.NDArray[np.float32], int]]:
    """Batches of exactly `size`, the last filled up with copies, and how many of each count."""
    for first in range(0, len(inputs), size):
        some = inputs[first : first + size]
        missing = size - len(some)
        yield (np.concatenate([some, np.repeat(some[:1], missing, axis=0)]) if missing else some), len(some)
