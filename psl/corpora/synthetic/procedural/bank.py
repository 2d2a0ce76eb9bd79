"""The bank that needs no files: synthesised recordings of AudioSet classes, a fixed number of each."""

import numpy as np
import numpy.typing as npt

from psl.corpora.synthetic.bank import Recording
from psl.corpora.synthetic.procedural.synths import SOUNDS
from psl.corpora.synthetic.procedural.tones import add_room
from psl.io.metadata.vocabulary import Vocabulary
from psl.runtime.errors import PslError

TRAIN_FOLD, EVAL_FOLD = "train", "eval"
RECORDINGS = {TRAIN_FOLD: 40, EVAL_FOLD: 12}  # of each class
RECORDING_SECONDS = 4.0
MIN_RATE_HZ = 8000  # below it a smoke alarm's tone would alias


class ProceduralBank:
    """Synthesised recordings, each a source of its own, with its own pitch, rate, timbre and room."""

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
        """Synthesise a recording with peak 1, shape (T,). Raises PslError for a rate too low for these sounds."""
        if rate_hz < MIN_RATE_HZ:
            raise PslError(f"sample_rate_hz {rate_hz} is too low for the procedural bank: give at least {MIN_RATE_HZ}")
        class_id = self.vocabulary.index[recording.mid]
        _, fold, number = recording.name.rsplit("/", 2)
        rng = np.random.default_rng([self.seed, class_id, list(RECORDINGS).index(fold), int(number)])
        x_T = add_room(rng, SOUNDS[class_id][2](rng, round(RECORDING_SECONDS * rate_hz), rate_hz), rate_hz)
        return (x_T / np.max(np.abs(x_T))).astype(np.float32)
