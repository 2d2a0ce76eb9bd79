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

    A target that nobody knows is NaN. Where `known_NC` is false the weak label is unknown (None: all are known): in a
    mix the soft one counts alone and, without `weak_NC`, `labels` are the weak ones and the target is unknown. Classes
    of which the annotator said nothing are unknown, or have the weak label for a target, as their rule says (see
    `SoftLabels.unmatched`).
    """

    labels: SoftLabels
    weak_NC: npt.NDArray[np.bool_] | None = None
    alpha: float = 1.0
    known_NC: npt.NDArray[np.bool_] | None = None

    def __post_init__(self) -> None:
        shape = (len(self.labels.clip_ids), len(self.labels.vocabulary))
        for y_NC in (self.weak_NC, self.known_NC):
            if y_NC is not None and y_NC.shape != shape:
                raise PslError(
                    f"weak labels of shape {y_NC.shape} do not belong to soft labels of shape {shape}: use one manifest"
                )

    @property
    def partial(self) -> bool:
        """Whether some targets may be NaN."""
        may_lack_soft = self.weak_NC is None or self.labels.unmatched("weak") is not None
        return (self.known_NC is not None and may_lack_soft) or self.labels.unmatched("ignore") is not None

    def any_known(self, chosen_N: npt.NDArray[np.bool_]) -> bool:
        """Whether any target of the chosen clips is known."""
        if not self.partial:
            return True
        weak_C = self._classes("weak") | (self.weak_NC is None)  # the weak label is all that is known of them
        learnt_C = ~self._classes("ignore")
        if self.known_NC is None or (learnt_C & ~weak_C).any():
            return bool(learnt_C.any())
        return bool(self.known_NC[np.ix_(chosen_N, learnt_C)].any())

    def _classes(self, rule: str) -> npt.NDArray[np.bool_]:
        """Which classes the annotator does not have and `rule` treats, shape (C,)."""
        is_C, number_C = np.zeros(len(self.labels.vocabulary), bool), self.labels.unmatched(rule)
        if number_C is not None:
            is_C[number_C] = True
        return is_C

    def of(self, rows: npt.NDArray[np.integer]) -> npt.NDArray[np.float32]:
        """target_BC in [0, 1], or NaN where unknown, of the windows numbered `rows`."""
        target_BC = self.labels.dense(rows)
        known_BC = None if self.known_NC is None else self.known_NC[self.labels.clip_W[rows]]
        if self.weak_NC is not None:
            target_BC = self._mixed(target_BC, self.weak_NC[self.labels.clip_W[rows]], known_BC)
        elif known_BC is not None:
            target_BC[~known_BC] = np.nan
        ignored_C = self.labels.unmatched("ignore")
        if ignored_C is not None:
            target_BC[:, ignored_C] = np.nan
        return target_BC

    def _mixed(
        self,
        soft_BC: npt.NDArray[np.float32],
        weak_BC: npt.NDArray[np.bool_],
        known_BC: npt.NDArray[np.bool_] | None,
    ) -> npt.NDArray[np.float32]:
        mix_BC = np.float32(self.alpha) * soft_BC + np.float32(1 - self.alpha) * weak_BC.astype(np.float32)
        weak_C = self.labels.unmatched("weak")
        if weak_C is not None:
            mix_BC[:, weak_C] = weak_BC[:, weak_C]
            soft_BC[:, weak_C] = np.nan
        return mix_BC if known_BC is None else np.where(known_BC, mix_BC, soft_BC)


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
