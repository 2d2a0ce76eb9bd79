"""Soft labels of windows in memory: sparse rows of kept probabilities, and the mean of the others by class."""

from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt

from psl.io.metadata.vocabulary import Vocabulary
from psl.io.schemas import Q_ONE

Ints = npt.NDArray[np.integer]


@dataclass(frozen=True)
class SoftLabels:
    """The labels of W windows of N clips; window w has class_K[offsets[w]:offsets[w + 1]], and q_K likewise."""

    vocabulary: Vocabulary  # C classes
    clip_ids: tuple[str, ...]  # N, distinct and sorted
    clip_W: npt.NDArray[np.int32]  # number of each window's clip, ascending
    start_ms_W: npt.NDArray[np.int32]  # ascending within a clip
    duration_ms_W: npt.NDArray[np.int32]
    offsets: npt.NDArray[np.int64]  # W + 1
    class_K: npt.NDArray[np.int16]  # kept classes, ascending within a window
    q_K: npt.NDArray[np.uint16]  # their probabilities x Q_ONE
    below_min_mean_C: npt.NDArray[np.float32]  # mean of each class's probabilities below the minimum probability
    provenance: dict[str, Any]  # JSON values; always with `floor` (the minimum probability) and `vocabulary_hash`

    def __len__(self) -> int:
        return len(self.clip_W)

    @property
    def min_probability(self) -> float:
        """Lower probabilities were not kept."""
        return float(self.provenance["floor"])

    def unmatched(self, rule: str) -> npt.NDArray[np.intp] | None:
        """Numbers of the classes that the annotator does not have, if `rule` says what their target is; else None.

        The rule is `ignore`, unknown, or `weak`, the weak label.
        """
        unmatched = self.provenance.get("unmatched") or {}
        if not unmatched.get("mids") or unmatched.get("rule") != rule:
            return None
        return np.array([self.vocabulary.index[mid] for mid in unmatched["mids"]], np.intp)

    def dense(self, rows: Ints) -> npt.NDArray[np.float32]:
        """Probabilities p_BC of the windows numbered `rows`: those kept, and below_min_mean_C for the others."""
        p_BC = np.tile(self.below_min_mean_C, (len(rows), 1))
        row_K, kept_K = ranges(self.offsets[rows], self.offsets[np.add(rows, 1)])
        p_BC[row_K, self.class_K[kept_K]] = self.q_K[kept_K] / np.float32(Q_ONE)
        return p_BC


def ranges(begin_B: Ints, end_B: Ints) -> tuple[npt.NDArray[np.int64], npt.NDArray[np.int64]]:
    """The integers from each begin up to its end, one range after the other, as (number of the range, integer).

    >>> ranges(np.array([7, 3, 0]), np.array([9, 3, 1]))
    (array([0, 0, 2]), array([7, 8, 0]))
    """
    length_B = np.subtract(end_B, begin_B, dtype=np.int64)
    range_K = np.repeat(np.arange(len(length_B)), length_B)
    first_B = np.cumsum(length_B) - length_B
    return range_K, np.arange(len(range_K)) + np.repeat(begin_B - first_B, length_B)
