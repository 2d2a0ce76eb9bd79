"""How sure a PSDS is: its value over bootstrap samples of the clips.

A sample draws as many clips as there are, with replacement; a clip drawn twice counts twice, its duration and events
too. The runs of scores are compared with the events only once: a sample weighs each clip's changes of the counts and
adds them up anew. The same seed draws the same clips whatever is scored, so samples of PSDS-1 and PSDS-2, or of two
models, can be combined sample by sample.
"""

from collections.abc import Callable

import numpy as np
import numpy.typing as npt

from psl.config import Detect
from psl.evaluation.detection.metrics import SeedScore
from psl.evaluation.detection.metrics.ground_truth import DetectorScores, GroundTruth
from psl.evaluation.detection.metrics.psds import Criteria, count_changes, psds, weighted_psds
from psl.evaluation.scores.bootstrap import sampled_clips


def bootstrap_psds(
    scores: DetectorScores, ground_truth: GroundTruth, criteria: Criteria, samples: int, *, seed: int
) -> npt.NDArray[np.float64]:
    """PSDS of each sample, shape (D,), a function of `seed` and the sample's number.

    Classes without events in a sample are left out of it. nan for a sample without events, or with those of one class
    only where there are cross triggers. Raises PslError as `psds` does.
    """
    class_changes, sizes = count_changes(scores, ground_truth, criteria)
    clips, least = len(sizes.duration_N), 2 if criteria.alpha_ct else 1
    values = []
    for sample in range(samples):
        weight_N = np.bincount(sampled_clips(clips, sample, seed), minlength=clips).astype(np.float64)
        defined = np.count_nonzero(weight_N @ sizes.events_NC) >= least
        values.append(weighted_psds(class_changes, sizes, criteria, weight_N).value if defined else np.nan)
    return np.array(values, dtype=np.float64)


def measure_psds(criteria: Criteria) -> Callable[[DetectorScores, GroundTruth, Detect], SeedScore]:
    """The `measure` of a metric with these criteria."""

    def measure(scores: DetectorScores, ground_truth: GroundTruth, settings: Detect) -> SeedScore:
        result = psds(scores, ground_truth, criteria)
        sample_D = bootstrap_psds(scores, ground_truth, criteria, settings.bootstrap_samples, seed=settings.seed)
        return SeedScore(result.value, result.class_value_C, sample_D)

    return measure
