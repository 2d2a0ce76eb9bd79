"""Precision, recall and F of counts, by class, averaged, and over bootstrap samples: shared by both F metrics."""

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from psl.config import Detect
from psl.evaluation.detection.metrics import SeedScore
from psl.evaluation.detection.metrics.ground_truth import GroundTruth
from psl.evaluation.scores.bootstrap import sample_weights
from psl.runtime.errors import PslError

Counts = npt.NDArray[np.int64]
Floats = npt.NDArray[np.float64]


@dataclass(frozen=True)
class FScores:
    """Counts of right detections, of all detections and of true events or segments, and measures of their sums.

    The clips are sorted by id, so that the bootstrap samples are those of `bootstrap_psds`.
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
        defined_C = (self.true_C > 0) & (self.detected_C > 0)
        return np.where(defined_C, self.right_C / np.maximum(self.detected_C, 1), np.nan)

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


def seed_score(f_scores: FScores, settings: Detect) -> SeedScore:
    """The macro F of one seed."""
    return SeedScore(f_scores.macro, f_scores.f_C, bootstrap_macro(f_scores, settings.bootstrap_samples, settings.seed))


def bootstrap_macro(f_scores: FScores, samples: int, seed: int) -> Floats:
    """The macro F of each sample of the clips over the classes with events in it, shape (D,); nan without any event."""
    weights = sample_weights(len(f_scores.true_NC), samples, seed)
    counts = (f_scores.right_NC, f_scores.detected_NC, f_scores.true_NC)
    counts_NC = (count_NC.astype(np.float64) for count_NC in counts)
    right_DC, detected_DC, true_DC = (np.concatenate([w_ND.T @ count_NC for w_ND in weights]) for count_NC in counts_NC)
    f_DC = np.where(true_DC > 0, 2 * right_DC / np.maximum(detected_DC + true_DC, 1), 0.0)
    classes_D = np.count_nonzero(true_DC, axis=1)
    return np.divide(f_DC.sum(axis=1), classes_D, out=np.full(samples, np.nan), where=classes_D > 0)


def thresholds(threshold_C: npt.NDArray[np.floating] | float, ground_truth: GroundTruth) -> Floats:
    """One threshold for each class, shape (C,), also from a single number.

    Raises PslError for another number of them or nan.
    """
    threshold, classes = np.asarray(threshold_C, dtype=np.float64), len(ground_truth.classes)
    if threshold.shape not in {(), (classes,)} or np.isnan(threshold).any():
        raise PslError(f"the threshold is {threshold_C}: give one number, or one for each of the {classes} classes")
    return np.broadcast_to(threshold, (classes,))
