"""The metrics again, slow and plain, straight from their definitions, for tests of the fast forms."""

import math

import numpy as np
import numpy.typing as npt

Labels = npt.NDArray[np.bool_]
Scores = npt.NDArray[np.floating]
Values = npt.NDArray[np.float64]


def average_precision(y_NC: Labels, score_NC: Scores) -> Values:
    """Per class, shape (C,): over distinct scores from the top, sum of (gain in recall) x precision.

    nan without positives.
    """
    return np.array([_average_precision(y_NC[:, c], score_NC[:, c]) for c in range(y_NC.shape[1])])


def _average_precision(y_N: Labels, score_N: Scores) -> float:
    if not any(y_N):
        return np.nan
    total = recall_before = 0.0
    for threshold in sorted(set(score_N.tolist()), reverse=True):
        above = [bool(truth) for truth, score in zip(y_N, score_N, strict=True) if score >= threshold]
        recall, precision = sum(above) / sum(y_N), sum(above) / len(above)
        total += (recall - recall_before) * precision
        recall_before = recall
    return float(total)


def auc(y_NC: Labels, score_NC: Scores) -> Values:
    """Per class, shape (C,): the share of (positive, negative) pairs in the right order, ties counting half.

    nan without pairs.
    """
    return np.array([_auc(y_NC[:, c], score_NC[:, c]) for c in range(y_NC.shape[1])])


def _auc(y_N: Labels, score_N: Scores) -> float:
    pairs = [float(high > low) + 0.5 * float(high == low) for high in score_N[y_N] for low in score_N[~y_N]]
    return sum(pairs) / len(pairs) if pairs else np.nan


def d_prime(mean_auc: float) -> float:
    """The distance of two normal distributions of variance 1 between which the area is `mean_auc`, by bisection."""
    low, high = -20.0, 20.0
    for _ in range(100):
        middle = (low + high) / 2
        low, high = (middle, high) if math.erfc(-middle / 2) / 2 < mean_auc else (low, middle)
    return (low + high) / 2


def reciprocal_ranks(y_NC: Labels, score_NC: Scores, within: int = 3) -> Values:
    """Per clip, shape (N,): 1 / (number of scores that are at least the label's), 0 beyond `within`.

    nan without a label.
    """
    values = []
    for y_C, score_C in zip(y_NC, score_NC, strict=True):
        ranks = [sum(other >= score for other in score_C) for truth, score in zip(y_C, score_C, strict=True) if truth]
        values.append((1 / ranks[0] if ranks[0] <= within else 0.0) if ranks else np.nan)
    return np.array(values, dtype=np.float64)


def lwlrap(y_NC: Labels, score_NC: Scores) -> tuple[float, Values, Values]:
    """Value, value per class and weight per class.

    Over all labels, the mean share of the clip's labels among the classes that score at least as high.
    """
    precisions: dict[int, list[float]] = {c: [] for c in range(y_NC.shape[1])}
    for y_C, score_C in zip(y_NC, score_NC, strict=True):
        for c in np.flatnonzero(y_C):
            above = [bool(truth) for truth, score in zip(y_C, score_C, strict=True) if score >= score_C[c]]
            precisions[int(c)].append(sum(above) / len(above))
    labels = sum(map(len, precisions.values()))
    classes = [sum(values) / len(values) if values else np.nan for values in precisions.values()]
    weights = [len(values) / max(labels, 1) for values in precisions.values()]
    return sum(map(sum, precisions.values())) / labels if labels else np.nan, np.array(classes), np.array(weights)


def bootstrap_map(y_NC: Labels, score_SNC: Scores, clip_DN: npt.NDArray[np.intp]) -> Values:
    """mAP of each seed on each sample, shape (S, D): its rows are written out and scored."""
    return np.array(
        [
            [np.nanmean(average_precision(y_NC[clip_N], score_NC[clip_N])) for clip_N in clip_DN]
            for score_NC in score_SNC
        ]
    )
