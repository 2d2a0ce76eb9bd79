"""Metrics that rank the classes within each clip: mAP@3 (FSDKaggle2018) and lwlrap (FSDKaggle2019).

Rule for ties, that of scikit-learn's `label_ranking_average_precision_score`, the pessimistic one: a class's rank is the
number of classes whose score is at least its own, so classes with the same score share the lowest of their places, and a model
that gives every class the same score gains nothing by it. Clips without labels have no rank and are left out.
"""

from typing import NamedTuple

import numpy as np
import numpy.typing as npt

from psl.errors import PslError
from psl.metrics.average_precision import check_scores

WITHIN = 3  # mAP@3
Truth = npt.NDArray[np.bool_]
Scores = npt.NDArray[np.floating]
Values = npt.NDArray[np.float64]


class Lwlrap(NamedTuple):
    """Label-weighted label-ranking average precision: `value` is the mean of `class_C` with the weights `weight_C`."""

    value: float  # in (0, 1]; nan without any label
    class_C: Values  # mean precision at the labels of each class; nan for a class without labels
    weight_C: Values  # share of all labels that are of the class


def reciprocal_ranks(y_NC: Truth, score_NC: Scores, within: int = WITHIN) -> Values:
    """1 / rank of each clip's label, 0 for a rank beyond `within`, shape (N,); nan for a clip without a label.

    Their mean (nanmean) is mAP@`within`. Raises PslError for NaN scores, and for clips with more than one label.
    """
    check_scores(y_NC, score_NC)
    several = np.flatnonzero(y_NC.sum(axis=1) > 1)
    if len(several):
        raise PslError(
            f"mAP@{within} is for clips of one label: {len(several)} of {len(y_NC)} clips have more, the first is number {several[0]}"
        )
    rank_NC, _ = _ranks(y_NC, score_NC)
    rank_N = np.where(y_NC, rank_NC, 0).sum(axis=1)
    reciprocal_N = np.where(rank_N <= within, 1 / np.maximum(rank_N, 1), 0.0)
    return np.where(rank_N > 0, reciprocal_N, np.nan)


def label_precisions(y_NC: Truth, score_NC: Scores) -> Values:
    """Precision at the rank of each label, shape (N, C); nan where the clip does not carry the class.

    The share of true classes among those that the clip's scores put no lower. Raises PslError for NaN scores.
    """
    check_scores(y_NC, score_NC)
    rank_NC, true_NC = _ranks(y_NC, score_NC)
    return np.where(y_NC, true_NC / rank_NC, np.nan)


def lwlrap(y_NC: Truth, score_NC: Scores) -> Lwlrap:
    """The mean precision over all labels of all clips, and what each class adds to it. Raises PslError for NaN scores."""
    precision_NC, labels_C = np.where(y_NC, label_precisions(y_NC, score_NC), 0), y_NC.sum(axis=0)
    sum_C, labels = precision_NC.sum(axis=0), labels_C.sum()
    class_C = np.divide(sum_C, labels_C, out=np.full(len(labels_C), np.nan), where=labels_C > 0)
    return Lwlrap(float(sum_C.sum() / labels) if labels else np.nan, class_C, labels_C / max(labels, 1))


def _ranks(y_NC: Truth, score_NC: Scores) -> tuple[npt.NDArray[np.int64], npt.NDArray[np.int64]]:
    """Of each clip and class: how many classes, and how many true ones, score at least as high."""
    classes = y_NC.shape[1]
    order_NC = np.argsort(score_NC, axis=1)[:, ::-1]
    sorted_NC = np.take_along_axis(score_NC, order_NC, axis=1)
    last_NC = np.ones(y_NC.shape, bool)  # of a group of ties
    last_NC[:, :-1] = sorted_NC[:, 1:] != sorted_NC[:, :-1]
    place_NC = np.where(last_NC, np.arange(classes), classes)
    end_NC = np.minimum.accumulate(place_NC[:, ::-1], axis=1)[:, ::-1]
    found_NC = np.take_along_axis(y_NC, order_NC, axis=1).cumsum(axis=1)
    true_NC = np.take_along_axis(found_NC, end_NC, axis=1)
    back_NC = np.argsort(order_NC, axis=1)
    return np.take_along_axis(end_NC + 1, back_NC, axis=1), np.take_along_axis(true_NC, back_NC, axis=1)
