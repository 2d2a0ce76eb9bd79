"""lwlrap, the metric of FSDKaggle2019: label-weighted label-ranking average precision."""

from collections.abc import Sequence
from typing import NamedTuple

import numpy as np

from psl.evaluation.scores.bootstrap import bootstrap_ratio
from psl.evaluation.scores.clip_metric import ClipMetric, Labels, Scores, Values
from psl.evaluation.scores.ranking.check_scores import check_scores
from psl.evaluation.scores.ranking.label_ranks import label_ranks


class Lwlrap(NamedTuple):
    """`value` is the mean of `class_C` with the weights `weight_C`."""

    value: float  # in (0, 1]; nan without any label
    class_C: Values  # mean precision at the labels of each class; nan for a class without labels
    weight_C: Values  # share of all labels that are of the class


def label_precisions(y_NC: Labels, score_NC: Scores) -> Values:
    """Precision at the rank of each label, shape (N, C); nan where the clip does not have the class.

    The share of the clip's labels among the classes that score at least as high. Raises PslError for NaN scores.
    """
    check_scores(y_NC, score_NC)
    rank_NC, labels_NC = label_ranks(y_NC, score_NC)
    return np.where(y_NC, labels_NC / rank_NC, np.nan)


def lwlrap(y_NC: Labels, score_NC: Scores) -> Lwlrap:
    """The mean precision over all labels of all clips, and each class's part in it. Raises PslError for NaN scores."""
    precision_NC, labels_C = np.where(y_NC, label_precisions(y_NC, score_NC), 0), y_NC.sum(axis=0)
    sum_C, labels = precision_NC.sum(axis=0), labels_C.sum()
    class_C = np.divide(sum_C, labels_C, out=np.full(len(labels_C), np.nan), where=labels_C > 0)
    return Lwlrap(float(sum_C.sum() / labels) if labels else np.nan, class_C, labels_C / max(labels, 1))


def bootstrap_lwlrap(y_NC: Labels, score_SNC: Sequence[Scores], samples: int, seed: int) -> Values:
    """lwlrap of each of S seeds on each bootstrap sample, shape (S, D)."""
    sum_SN = np.stack([np.nansum(label_precisions(y_NC, score_NC), axis=1) for score_NC in score_SNC])
    return bootstrap_ratio(sum_SN, y_NC.sum(axis=1).astype(np.float64), samples, seed)


METRIC = ClipMetric(
    name="lwlrap",
    value=lambda y_NC, score_NC: lwlrap(y_NC, score_NC).value,
    classes=lambda y_NC, score_NC: lwlrap(y_NC, score_NC).class_C,
    bootstrap=bootstrap_lwlrap,
    counts_unlabelled=False,
)
