"""The highest probability of each class in each clip, beside the weak label and the truth, for the label store."""

from collections.abc import Iterator

import numpy as np
import numpy.typing as npt
import pyarrow as pa

from psl.io.labels.reader import LabelFile
from psl.labels.store_corpus import CorpusClips
from psl.labels.store_rows import Part, table_of
from psl.labels.store_tables import LOWEST_Q

Numbers = npt.NDArray[np.uint32]
Highest = npt.NDArray[np.uint16]  # max_NC, of clips


class HighestLabels:
    """The rows of `highest_labels` of one window key, from its parts in their order."""

    def __init__(self, key: str, file: LabelFile, corpus: CorpusClips) -> None:
        self._key, self._corpus, self._all_kept = key, corpus, file.empty.min_probability == 0
        self._clip_N, self._max_NC = np.empty(0, np.uint32), np.empty((0, len(corpus.vocabulary)), np.uint16)

    def rows(self, parts: list[Part]) -> Iterator[pa.Table]:
        """Of all clips that end in these parts; the last one may go on in the next."""
        for part in parts:
            clip_N, max_NC = _highest(part, len(self._corpus.vocabulary))
            if len(self._clip_N) and self._clip_N[0] == clip_N[0]:
                np.maximum(max_NC[0], self._max_NC[0], out=max_NC[0])
            else:
                yield from self.last()
            self._clip_N, self._max_NC = clip_N[-1:], max_NC[-1:]
            if len(clip_N) > 1:
                yield self._table(clip_N[:-1], max_NC[:-1])

    def last(self) -> Iterator[pa.Table]:
        """Of the last clip, if there is one."""
        if len(self._clip_N):
            yield self._table(self._clip_N, self._max_NC)

    def _table(self, clip_N: Numbers, max_NC: Highest) -> pa.Table:
        known = self._corpus.known_of(clip_N)
        n_X, c_X = np.nonzero((max_NC > LOWEST_Q) | known.weak_NC | known.true_NC)
        q_X = max_NC[n_X, c_X]
        not_kept_X = np.zeros(len(q_X), bool) if self._all_kept else q_X == 0
        q = pa.array(q_X, mask=not_kept_X)
        return table_of([self._key] * len(n_X), clip_N[n_X], c_X.astype(np.uint16), q, *known.of(n_X, c_X))


def _highest(part: Part, n_classes: int) -> tuple[Numbers, Highest]:
    """The clips of a part, ascending, and the highest q of each class in each, 0 where none was kept."""
    labels = part.labels
    clip_N, row_W = np.unique(part.clip_W, return_inverse=True)
    max_NC = np.zeros((len(clip_N), n_classes), np.uint16)
    row_K = np.repeat(row_W, np.diff(labels.offsets))
    np.maximum.at(max_NC.reshape(-1), row_K * n_classes + labels.class_K, labels.q_K)
    return clip_N, max_NC
