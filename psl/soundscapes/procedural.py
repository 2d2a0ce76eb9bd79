"""The bank that needs no files: synthesised recordings of AudioSet classes, a fixed number of each."""

import numpy as np
import numpy.typing as npt

from psl.errors import PslError
from psl.soundscapes.bank import Recording
from psl.soundscapes.synths import SOUNDS
from psl.soundscapes.tones import room
from psl.vocabulary import Vocabulary

TRAIN_FOLD, EVAL_FOLD = "train", "eval"
RECORDINGS = {TRAIN_FOLD: 40, EVAL_FOLD: 12}  # of each class
RECORDING_SECONDS = 4.0
LOWEST_RATE_HZ = 8000  # below it a smoke alarm has no tone left


class ProceduralBank:
    """Synthesised recordings. Each is a source of its own: pitch, rate, timbre and room are drawn once for each."""

    vocabulary = Vocabulary(tuple(mid for mid, _, _ in SOUNDS), tuple(name for _, name, _ in SOUNDS))

    def __init__(self, seed: int) -> None:
        self.seed = seed
        self.recordings = [
            Recording(mid, f"{mid}/{fold}/{number}", f"{mid}/{fold}/{number}", fold)
            for mid in self.vocabulary.mids
            for fold, count in RECORDINGS.items()
            for number in range(count)
        ]

    def read(self, recording: Recording, rate_hz: int) -> npt.NDArray[np.float32]:
        """Synthesise a recording with peak 1, shape (T,). Raises PslError for a rate that is too low for these sounds."""
        if rate_hz < LOWEST_RATE_HZ:
            raise PslError(f"sample_rate_hz {rate_hz} is too low for the procedural bank: give at least {LOWEST_RATE_HZ}")
        class_id = self.vocabulary.index[recording.mid]
        _, fold, number = recording.name.rsplit("/", 2)
        rng = np.random.default_rng([self.seed, class_id, list(RECORDINGS).index(fold), int(number)])
        x_T = room(rng, SOUNDS[class_id][2](rng, round(RECORDING_SECONDS * rate_hz), rate_hz), rate_hz)
        return (x_T / np.max(np.abs(x_T))).astype(np.float32)
