"""What is measured of a detector: PSDS-1, PSDS-2, collar-based and segment-based F, of all classes, of each, and over bootstrap draws."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from psl.metrics.collar_f import collar_f
from psl.metrics.detection import ClipScores, Truth
from psl.metrics.f_score import FScores, bootstrap_macro
from psl.metrics.psds import PSDS1, PSDS2, Criteria, psds
from psl.metrics.psds_bootstrap import bootstrap_psds
from psl.metrics.segment_f import segment_f
from psl.params import Detect

CRITERIA = {"psds1": PSDS1, "psds2": PSDS2}
MEASURES = (*CRITERIA, "collar_f", "segment_f")
Scores = Mapping[str, ClipScores]
Values = npt.NDArray[np.float64]


@dataclass(frozen=True)
class Measured:
    """A measure by each seed, shape (S,); of each class and of each draw of the clips, means over seeds, shapes (C,) and (D,)."""

    value_S: Values
    class_C: Values
    draw_D: Values


def criteria_for(truth: Truth) -> dict[str, Criteria]:
    """Those of CRITERIA that the truth allows: cross triggers need events of two classes."""
    classes = len({event.class_id for event in truth.events})
    return {name: criteria for name, criteria in CRITERIA.items() if classes > 1 or not criteria.alpha_ct}


def measure(scores: Sequence[Scores], truth: Truth, settings: Detect) -> dict[str, Measured]:
    """psds1, psds2, collar_f and segment_f from the scores of each seed; without psds2 where one class only has events."""
    collar = [collar_f(one, truth, settings.collar_threshold) for one in scores]
    segment = [segment_f(one, truth, settings.segment_threshold) for one in scores]
    by_psds = {name: _by_psds(scores, truth, criteria, settings) for name, criteria in criteria_for(truth).items()}
    return by_psds | {"collar_f": _by_f(collar, settings), "segment_f": _by_f(segment, settings)}


def _by_psds(scores: Sequence[Scores], truth: Truth, criteria: Criteria, settings: Detect) -> Measured:
    results = [psds(one, truth, criteria) for one in scores]
    draws = [bootstrap_psds(one, truth, criteria, settings.draws, settings.seed) for one in scores]
    return _measured([one.value for one in results], [one.class_value_C for one in results], draws)


def _by_f(results: Sequence[FScores], settings: Detect) -> Measured:
    draws = [bootstrap_macro(one, settings.draws, settings.seed) for one in results]
    return _measured([one.macro for one in results], [one.f_C for one in results], draws)


def _measured(values: Sequence[float], classes: Sequence[Values], draws: Sequence[Values]) -> Measured:
    return Measured(np.array(values), np.mean(classes, axis=0), np.mean(draws, axis=0))
