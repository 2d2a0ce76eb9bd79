"""Area under the ROC curve, one value per class, and d', which is computed from its mean."""

import math
from statistics import NormalDist

import numpy as np
import numpy.typing as npt

from psl.metrics.average_precision import check_scores


def auc(y_NC: npt.NDArray[np.bool_], score_NC: npt.NDArray[np.floating]) -> npt.NDArray[np.float64]:
    """AUC of each class, shape (C,): how often a positive scores above a negative, ties counting half.

    nan for a class without positives or without negatives. Raises PslError for NaN scores.
    """
    check_scores(y_NC, score_NC)
    return np.array([_of_class(y_N, score_N) for y_N, score_N in zip(y_NC.T, score_NC.T, strict=True)], dtype=np.float64)


def _of_class(y_N: npt.NDArray[np.bool_], score_N: npt.NDArray[np.floating]) -> float:
    positives, negatives = score_N[y_N], np.sort(score_N[~y_N])
    if not len(positives) or not len(negatives):
        return np.nan
    below = np.searchsorted(negatives, positives, side="left")
    not_above = np.searchsorted(negatives, positives, side="right")
    return float((below.sum() + not_above.sum()) / (2 * len(positives) * len(negatives)))


def d_prime(mean_auc: float) -> float:
    """d' = sqrt(2) * Phi^-1(mean AUC), as PANNs, AST and PSL report it: from the mean over classes, not its own mean.

    Infinite at an AUC of 0 or 1; nan for nan.

    >>> round(d_prime(0.5), 3), round(d_prime(0.959), 3), d_prime(1.0)
    (0.0, 2.46, inf)
    """
    if math.isnan(mean_auc) or not 0 < mean_auc < 1:
        return math.nan if math.isnan(mean_auc) else math.copysign(math.inf, mean_auc - 0.5)
    return math.sqrt(2) * NormalDist().inv_cdf(mean_auc)
