"""Precision, recall and F of counts, by class and averaged; what collar-based and segment-based F share."""

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from psl.errors import PslError
from psl.metrics.detection import Truth

Counts = npt.NDArray[np.int64]
Floats = npt.NDArray[np.float64]


@dataclass(frozen=True)
class FScores:
    """Counts of right detections, of all detections and of what is to be detected, by class, shape (C,), and what follows from them."""

    right_C: Counts
    detected_C: Counts
    true_C: Counts

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


def thresholds(threshold_C: npt.NDArray[np.floating] | float, truth: Truth) -> Floats:
    """One threshold for each class, shape (C,), also from a single number. Raises PslError for another number of them or nan."""
    given = np.asarray(threshold_C, dtype=np.float64)
    if given.shape not in {(), (len(truth.classes),)} or np.isnan(given).any():
        raise PslError(f"give one threshold, or one for each of the {len(truth.classes)} classes, none of them nan, not {threshold_C}")
    return np.broadcast_to(given, (len(truth.classes),))
