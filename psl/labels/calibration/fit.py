"""Fit an annotator's calibration at one window length: Platt scaling, one curve for all classes, and each class's own.

p' = sigmoid(slope x logit(p) + offset). The curve of all classes is that of maximum likelihood over all clips and
classes. Each class's curve starts from it and moves as far as its clips say so: a ridge holds it back as strongly as
`shrinkage_clips` further clips would whose outcome is open (half of them have the class), spread by one standard
deviation to either side of where the curve of all classes is undecided. So a class with few labels has the curve of all
classes, and one with many has its own.

What is fitted: a clip's score is the maximum of p over its windows, because only the clip's labels are known. A curve
rises, so calibrating the windows or their maximum is the same. Therefore a calibrated probability answers "is the class
in a clip whose surest window says p?", and two things follow for the label of a single window:

- It says how likely the class is in the clip, not in the window. With more windows in a clip, one of them is high by
  chance more often, which lowers the curve; and more windows can each hold what all of them doubt, which raises it
  (windows that are right on their own, ten independent ones in a clip, get an offset of 1.3). Which of both wins is
  measured where events in time are known (psl.labels.calibration.measure); elsewhere it is not.
- Weak labels lack tags. What the annotator hears rightly and nobody tagged counts as its mistake, so calibrated
  probabilities are too low by about the share of tags that is missing.
"""

import numpy as np
import numpy.typing as npt

from psl.io.labels.calibration import Floats, logit, sigmoid
from psl.labels.calibration.logistic import Lines, Observations, fit_lines
from psl.labels.calibration.pairs import Pairs

SMALLEST_SLOPE = 0.01  # of a class that the annotator hears no better than chance: the order of clips is kept
GLOBAL_RIDGE = 0.25  # one open clip for the identity: nothing, unless all clips are separated or without labels
OPEN = 0.25  # the curvature of the loss of one clip whose outcome is open: p (1 - p) at p = .5


def fit_calibration(pairs: Pairs, fitted_C: npt.NDArray[np.bool_], shrinkage_clips: float) -> Lines:
    """Slope and offset of each class; those that are not `fitted_C` keep slope 1 and offset 0, and count nowhere.

    Deterministic. Classes without a label, or separated from all others, get finite curves; the more `shrinkage_clips`,
    the nearer all are to fit_global's.
    """
    slope_C, offset_C = np.ones(len(fitted_C)), np.zeros(len(fitted_C))
    if fitted_C.any():
        chosen = Pairs(pairs.p_NC[:, fitted_C], pairs.y_NC[:, fitted_C], pairs.known_NC[:, fitted_C])
        slope_C[fitted_C], offset_C[fitted_C] = _fit_classes(chosen, shrinkage_clips)
    return Lines(slope_C, offset_C)


def fit_global(pairs: Pairs, ridge: float = GLOBAL_RIDGE) -> tuple[float, float]:
    """Slope and offset of one curve for all clips and classes; `ridge` draws it to slope 1 and offset 0."""
    known_NC = pairs.known_NC
    columns = logit(pairs.p_NC[known_NC])[:, None], pairs.y_NC[known_NC][:, None]
    seen = Observations(*columns, np.ones(columns[0].shape))
    identity = Lines(np.ones(1), np.zeros(1))
    slope_1, offset_1 = fit_lines(seen, identity, ridge, SMALLEST_SLOPE)
    return float(slope_1[0]), float(offset_1[0])


def _fit_classes(pairs: Pairs, shrinkage_clips: float) -> Lines:
    slope, offset = fit_global(pairs)
    x_NC = logit(pairs.p_NC)
    centre, spread = _undecided(x_NC[pairs.known_NC], slope, offset)
    classes = x_NC.shape[1]
    towards = Lines(np.full(classes, slope * spread), np.full(classes, offset + slope * centre))
    seen = Observations((x_NC - centre) / spread, pairs.y_NC, pairs.known_NC)
    ridge = max(OPEN * shrinkage_clips, 1e-6)  # a class without labels has no curve of its own
    slope_C, offset_C = fit_lines(seen, towards, ridge, SMALLEST_SLOPE * spread)
    return Lines(slope_C / spread, offset_C - slope_C * centre / spread)


def _undecided(x_M: Floats, slope: float, offset: float) -> tuple[float, float]:
    """Mean and standard deviation of the logits, each weighed by how undecided the curve is there."""
    p_M = sigmoid(slope * x_M + offset)
    weight_M = p_M * (1 - p_M)
    centre = float((weight_M * x_M).sum() / weight_M.sum())
    spread = float(np.sqrt((weight_M * (x_M - centre) ** 2).sum() / weight_M.sum()))
    return centre, max(spread, 1e-3)
