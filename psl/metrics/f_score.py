"""Precision, recall and F of counts, by class, averaged, and over bootstrap draws; what collar-based and segment-based F share."""

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from psl.errors import PslError
from psl.metrics.bootstrap import drawn_weights
from psl.metrics.detection import Truth

Counts = npt.NDArray[np.int64]
Floats = npt.NDArray[np.float64]


@dataclass(frozen=True)
class FScores:
    """Counts of right detections, of all detections and of what is to be detected, and what follows from their sums over clips.

    The clips are sorted by id, so that draws are those of `bootstrap_psds`.
    """

    right_NC: Counts
    detected_NC: Counts
    true_NC: Counts

    @property
    def right_C(self) -> Counts:
        """Right detections of all clips."""
        return self.right_NC.sum(axis=0)

    @property
    def detected_C(self) -> Counts:
        """Detections of all clips."""
        return self.detected_NC.sum(axis=0)

    @property
    def true_C(self) -> Counts:
        """What is to be detected in all clips."""
        return self.true_NC.sum(axis=0)

    @property
    def precision_C(self) -> Floats:
        """Right share of the detections; nan for a class without events or without detections."""
        return np.where((self.true_C > 0) & (self.detected_C > 0), self.right_C / np.maximum(self.detected_C, 1), np.nan)

    @property
    def recall_C(self) -> Floats:
        """Detected share of the truth; nan for a class without events."""
        return np.where(self.true_C > 0, self.right_C / np.maximum(self.true_C, 1), np.nan)

    @property
    def f_C(self) -> Floats:
        """Harmonic mean of both, shape (C,); nan for a class without events."""
        return np.where(self.true_C > 0, 2 * self.right_C / np.maximum(self.detected_C + self.true_C, 1), np.nan)

    @property
    def macro(self) -> float:
        """Mean of F over the classes with events; nan if there are none."""
        return float(np.mean(self.f_C[self.true_C > 0])) if self.true_C.any() else np.nan

    @property
    def micro(self) -> float:
        """F of the counts of all classes together; false detections of classes without events count, too."""
        total = int(self.detected_C.sum() + self.true_C.sum())
        return 2 * int(self.right_C.sum()) / total if total else np.nan


def bootstrap_macro(found: FScores, draws: int, seed: int) -> Floats:
    """The macro F of each draw of the clips, shape (D,), over the classes with events in it; nan for a draw without events."""
    weights = drawn_weights(len(found.true_NC), draws, seed)
    counted = (counts_NC.astype(np.float64) for counts_NC in (found.right_NC, found.detected_NC, found.true_NC))
    right_DC, detected_DC, true_DC = (np.concatenate([w_ND.T @ counts_NC for w_ND in weights]) for counts_NC in counted)
    f_DC = np.where(true_DC > 0, 2 * right_DC / np.maximum(detected_DC + true_DC, 1), 0.0)
    classes_D = np.count_nonzero(true_DC, axis=1)
    return np.divide(f_DC.sum(axis=1), classes_D, out=np.full(draws, np.nan), where=classes_D > 0)


def thresholds(threshold_C: npt.NDArray[np.floating] | float, truth: Truth) -> Floats:
    """One threshold for each class, shape (C,), also from a single number. Raises PslError for another number of them or nan."""
    given = np.asarray(threshold_C, dtype=np.float64)
    if given.shape not in {(), (len(truth.classes),)} or np.isnan(given).any():
        raise PslError(f"give one threshold, or one for each of the {len(truth.classes)} classes, none of them nan, not {threshold_C}")
    return np.broadcast_to(given, (len(truth.classes),))
