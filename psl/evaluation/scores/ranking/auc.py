"""Area under the ROC curve, one value per class, and its mean."""

from collections.abc import Sequence

import numpy as np
import numpy.typing as npt

from psl.evaluation.scores.ranking.check_scores import check_scores
from psl.evaluation.scores.ranking.known import known_columns


def auc(
    y_NC: npt.NDArray[np.bool_], score_NC: npt.NDArray[np.floating], known_NC: npt.NDArray[np.bool_] | None = None
) -> npt.NDArray[np.float64]:
    """AUC of each class, shape (C,): how often a positive scores above a negative, ties counting half.

    A class is scored on the clips of which `known_NC` says that its label is known (None: all).
    nan for a class without positives or without negatives. Raises PslError for NaN scores.
    """
    check_scores(y_NC, score_NC)
    columns = known_columns(y_NC, score_NC, known_NC)
    return np.array([_of_class(y_N, score_N) for y_N, score_N in columns], dtype=np.float64)


def mean_auc(
    y_NC: npt.NDArray[np.bool_],
    score_SNC: Sequence[npt.NDArray[np.floating]],
    known_NC: npt.NDArray[np.bool_] | None = None,
) -> float:
    """The mean over all classes and seeds that have an AUC; nan when none has."""
    auc_SC = np.stack([auc(y_NC, score_NC, known_NC) for score_NC in score_SNC])
    defined = auc_SC[~np.isnan(auc_SC)]
    return float(defined.mean()) if len(defined) else np.nan


def _of_class(y_N: npt.NDArray[np.bool_], score_N: npt.NDArray[np.floating]) -> float:
    positives, negatives = score_N[y_N], np.sort(score_N[~y_N])
    if not len(positives) or not len(negatives):
        return np.nan
    below = np.searchsorted(negatives, positives, side="left")
    not_above = np.searchsorted(negatives, positives, side="right")
    return float((below.sum() + not_above.sum()) / (2 * len(positives) * len(negatives)))
