"""A corpus's classes mapped to a model's: by the same ids, or by the corpus's own table of AudioSet classes."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import numpy.typing as npt

from psl.io.metadata.audioset_mids import read_audioset_mids
from psl.io.metadata.vocabulary import Vocabulary
from psl.io.schemas import AUDIOSET_CLASSES
from psl.runtime.errors import PslError


@dataclass(frozen=True)
class ClassMap:
    """The corpus's classes that the model knows, in the corpus's order, with the model's columns of each.

    `unknown` are the names of the others.
    """

    classes: Vocabulary
    columns: tuple[tuple[int, ...], ...]
    unknown: tuple[str, ...]

    def __call__(self, score_TC: npt.NDArray[np.floating]) -> npt.NDArray[np.floating]:
        """Scores of the corpus's classes, shape (T, len(classes)): the highest of each one's columns."""
        return np.stack([score_TC[:, list(columns)].max(axis=1) for columns in self.columns], axis=1)


def map_classes(metadata: Path, model: Vocabulary, name: str) -> ClassMap:
    """The map of the classes in `metadata` for a model called `name`.

    From classes.csv, and audioset_classes.csv if it exists.

    Raises PslError when the model knows none of them.
    """
    corpus = Vocabulary.read(metadata / "classes.csv")
    mids_of = _audioset_mids(metadata, corpus)
    columns = {
        mid: tuple(sorted(model.index[known] for known in mids_of[mid] if known in model.index)) for mid in corpus.mids
    }
    names = dict(zip(corpus.mids, corpus.names, strict=True))
    known = [mid for mid in corpus.mids if columns[mid]]
    if not known:
        raise PslError(
            f"{name} knows none of the {len(corpus)} classes in {metadata} (its own {len(model)} begin with "
            f"{model.names[0]}): detect with a model of these classes"
        )
    return ClassMap(
        Vocabulary(tuple(known), tuple(names[mid] for mid in known)),
        tuple(columns[mid] for mid in known),
        tuple(names[mid] for mid in corpus.mids if not columns[mid]),
    )


def _audioset_mids(metadata: Path, corpus: Vocabulary) -> Mapping[str, Sequence[str]]:
    """The AudioSet mids of each of the corpus's ids; without a table each id is its own."""
    if not (metadata / AUDIOSET_CLASSES).is_file():
        return {mid: (mid,) for mid in corpus.mids}
    stated = read_audioset_mids(metadata)
    return {mid: stated.get(mid, ()) for mid in corpus.mids}
