"""Metrics of sound event detection: one file each, found by its name; METRIC says how it is computed and shown."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import NamedTuple

import numpy as np
import numpy.typing as npt

from psl.config import Detect
from psl.evaluation.detection.metrics.ground_truth import DetectorScores, GroundTruth
from psl.evaluation.scores.bootstrap import mean_over_seeds
from psl.evaluation.scores.score import Score

Values = npt.NDArray[np.float64]


class SeedScore(NamedTuple):
    """A metric of one seed of a detector: of all classes, of each, and of each bootstrap sample of the clips."""

    value: float
    class_C: Values  # nan for a class without events
    sample_D: Values


@dataclass(frozen=True, kw_only=True)
class DetectionMetric:
    """A metric of scores over time against the ground truth."""

    name: str  # in reports
    heading: str  # in tables, in per cent
    measure: Callable[[DetectorScores, GroundTruth, Detect], SeedScore]
    least_classes: int = 0  # that must have events for the metric to be defined
    reports_seeds: bool = True  # whether reports list the value of each seed

    def score(self, scores: Sequence[DetectorScores], ground_truth: GroundTruth, settings: Detect) -> Score | None:
        """The score of a detector by its seeds; None where too few classes have events."""
        if len(ground_truth.class_ids) < self.least_classes:
            return None
        value_S, class_SC, sample_SD = zip(
            *(self.measure(seed_scores, ground_truth, settings) for seed_scores in scores), strict=True
        )
        sample_D = mean_over_seeds(np.array(sample_SD), np.array(value_S), settings.seed)
        return Score(self.name, float(np.mean(value_S)), np.array(value_S), np.mean(class_SC, axis=0), sample_D)
