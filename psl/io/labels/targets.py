"""Training targets: the annotator's soft labels, the weak labels, or a mix of both (Dinkel et al., ICASSP 2022)."""

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from psl.io.labels.soft_labels import SoftLabels
from psl.io.metadata.vocabulary import Vocabulary
from psl.io.schemas import Q_ONE
from psl.runtime.errors import PslError


@dataclass(frozen=True)
class Targets:
    """Targets of the windows of `labels`: alpha x soft + (1 - alpha) x weak; without `weak_NC`, `labels` alone.

    `weak_NC` has the weak labels of `labels.clip_ids`. Training with weak labels uses `Targets` of the result of
    `weak_soft_labels`, or of data/labels/weak.parquet.
    """

    labels: SoftLabels
    weak_NC: npt.NDArray[np.bool_] | None = None
    alpha: float = 1.0

    def __post_init__(self) -> None:
        shape = (len(self.labels.clip_ids), len(self.labels.vocabulary))
        if self.weak_NC is not None and self.weak_NC.shape != shape:
            raise PslError(
                f"weak labels of shape {self.weak_NC.shape} do not belong to soft labels of shape {shape}: use one "
                "manifest"
            )

    def of(self, rows: npt.NDArray[np.integer]) -> npt.NDArray[np.float32]:
        """target_BC in [0, 1] of the windows numbered `rows`."""
        soft_BC = self.labels.dense(rows)
        if self.weak_NC is None:
            return soft_BC
        weak_BC = self.weak_NC[self.labels.clip_W[rows]].astype(np.float32)
        return np.float32(self.alpha) * soft_BC + np.float32(1 - self.alpha) * weak_BC


def weak_soft_labels(
    vocabulary: Vocabulary,
    clip_ids: tuple[str, ...],
    duration_ms_N: npt.NDArray[np.integer],
    weak_NC: npt.NDArray[np.bool_],
) -> SoftLabels:
    """Weak labels as soft labels: one window over each whole clip, probability 1 for each label.

    `clip_ids` are sorted.
    """
    clips, class_K = np.nonzero(weak_NC)
    return SoftLabels(
        vocabulary=vocabulary,
        clip_ids=clip_ids,
        clip_W=np.arange(len(clip_ids), dtype=np.int32),
        start_ms_W=np.zeros(len(clip_ids), np.int32),
        duration_ms_W=np.asarray(duration_ms_N, np.int32),
        offsets=np.searchsorted(clips, np.arange(len(clip_ids) + 1)).astype(np.int64),
        class_K=class_K.astype(np.int16),
        q_K=np.full(len(class_K), Q_ONE, np.uint16),
        below_min_mean_C=np.zeros(len(vocabulary), np.float32),
        provenance={"floor": 0.5, "kind": "weak", "vocabulary_hash": vocabulary.hash},
    )
