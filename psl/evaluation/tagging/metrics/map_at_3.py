"""mAP@3, the metric of FSDKaggle2018: the mean reciprocal rank of each clip's one label, 0 for a rank beyond 3."""

from collections.abc import Sequence

import numpy as np

from psl.evaluation.scores.bootstrap import bootstrap_ratio
from psl.evaluation.scores.clip_metric import ClipMetric, Labels, Scores, Values
from psl.evaluation.scores.ranking.check_scores import check_scores
from psl.evaluation.scores.ranking.label_ranks import label_ranks
from psl.runtime.errors import PslError

WITHIN = 3


def reciprocal_ranks(y_NC: Labels, score_NC: Scores, within: int = WITHIN) -> Values:
    """1 / rank of each clip's label, 0 for a rank beyond `within`, shape (N,); nan for a clip without a label.

    Their mean (nanmean) is mAP@`within`. Raises PslError for NaN scores, and for clips with more than one label.
    """
    check_scores(y_NC, score_NC)
    multilabel = np.flatnonzero(y_NC.sum(axis=1) > 1)
    if len(multilabel):
        raise PslError(
            f"mAP@{within} is for clips of one label: {len(multilabel)} of {len(y_NC)} clips have more, the first is "
            f"number {multilabel[0]}; choose another metric"
        )
    rank_NC, _ = label_ranks(y_NC, score_NC)
    rank_N = np.where(y_NC, rank_NC, 0).sum(axis=1)
    reciprocal_N = np.where(rank_N <= within, 1 / np.maximum(rank_N, 1), 0.0)
    return np.where(rank_N > 0, reciprocal_N, np.nan)


def map_at_3(y_NC: Labels, score_NC: Scores) -> float:
    """The mean over clips, all of which have a label."""
    return float(reciprocal_ranks(y_NC, score_NC).mean())


def map_at_3_of_classes(y_NC: Labels, score_NC: Scores) -> Values:
    """The mean over the clips of each class, shape (C,); nan for a class without clips."""
    rank_N, clips_C = reciprocal_ranks(y_NC, score_NC), y_NC.sum(axis=0)
    return np.divide(rank_N @ y_NC, clips_C, out=np.full(len(clips_C), np.nan), where=clips_C > 0)


def bootstrap_map_at_3(y_NC: Labels, score_SNC: Sequence[Scores], samples: int, seed: int) -> Values:
    """mAP@3 of each of S seeds on each bootstrap sample, shape (S, D)."""
    sum_SN = np.stack([reciprocal_ranks(y_NC, score_NC) for score_NC in score_SNC])
    return bootstrap_ratio(sum_SN, np.ones(len(y_NC)), samples, seed)


METRIC = ClipMetric(
    name="mAP@3",
    value=map_at_3,
    classes=map_at_3_of_classes,
    bootstrap=bootstrap_map_at_3,
    counts_unlabelled=False,
)
