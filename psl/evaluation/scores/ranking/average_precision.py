"""Average precision, non-interpolated, one value per class.

Rule for ties, that of scikit-learn's `average_precision_score`: clips with the same score pass a threshold together,
so each positive counts with the precision at the end of its group of ties.
"""

import numpy as np
import numpy.typing as npt

from psl.evaluation.scores.ranking.check_scores import check_scores
from psl.evaluation.scores.ranking.known import known_columns


def average_precision(
    y_NC: npt.NDArray[np.bool_], score_NC: npt.NDArray[np.floating], known_NC: npt.NDArray[np.bool_] | None = None
) -> npt.NDArray[np.float64]:
    """AP of each class, shape (C,), in [0, 1]; nan for a class without positives. Their mean (nanmean) is mAP.

    `y_NC` says which of N clips have which of C classes; the higher `score_NC`, the surer. A class is scored on the
    clips of which `known_NC` says that its label is known (None: all); see `known_columns`. Raises PslError for NaN
    scores.
    """
    check_scores(y_NC, score_NC)
    columns = known_columns(y_NC, score_NC, known_NC)
    return np.array([_of_class(y_N, score_N) for y_N, score_N in columns], dtype=np.float64)


def _of_class(y_N: npt.NDArray[np.bool_], score_N: npt.NDArray[np.floating]) -> float:
    if not y_N.any():
        return np.nan
    order_N = np.argsort(score_N)[::-1]
    ends_P = ends_of_positives(y_N[order_N], score_N[order_N])
    positives_to_end_P = np.searchsorted(np.flatnonzero(y_N[order_N]), ends_P, side="right")
    return float(np.mean(positives_to_end_P / (ends_P + 1)))


def ends_of_positives(y_N: npt.NDArray[np.bool_], score_N: npt.NDArray[np.floating]) -> npt.NDArray[np.intp]:
    """Last index of the group of ties that each positive belongs to, shape (P,).

    Both inputs are sorted by falling score.
    """
    ends = np.flatnonzero(np.append(score_N[1:] != score_N[:-1], True))
    return ends[np.searchsorted(ends, np.flatnonzero(y_N))]
