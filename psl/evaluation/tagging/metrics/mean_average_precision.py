"""mAP: the mean of average precision over the classes that have positives.

Its bootstrap copies no row: each class is sorted once, a sample is a weight on each clip (how often it was drawn), and
AP = sum over positives of weight x (weight of positives / weight of all, both down to the end of its group of ties).
Classes without positives in a sample are left out of that sample's mean, as they are left out of mAP itself.
"""

from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor

import numpy as np
import numpy.typing as npt

from psl.evaluation.scores.bootstrap import Weights, sample_weights
from psl.evaluation.scores.clip_metric import ClipMetric, Labels, Scores, Values
from psl.evaluation.scores.ranking.average_precision import average_precision, ends_of_positives
from psl.evaluation.scores.ranking.check_scores import check_scores
from psl.evaluation.scores.ranking.known import scored_classes
from psl.runtime.cores import cores


def mean_average_precision(y_NC: Labels, score_NC: Scores, known_NC: Labels | None = None) -> float:
    """The mean over the classes that have positives."""
    return float(np.nanmean(average_precision(y_NC, score_NC, known_NC)))


def bootstrap_map(
    y_NC: Labels,
    score_SNC: Sequence[Scores],
    samples: int,
    seed: int,
    *,
    known_NC: Labels | None = None,
    workers: int | None = None,
) -> Values:
    """mAP of each of S seeds on each bootstrap sample, shape (S, D); nan for a sample without any positive.

    A class is ranked on the clips in which `known_NC` says that it is known (None: all). `workers` threads share the
    classes (one per core by default); the result does not depend on them. Memory is one float32 per sample and clip.
    Raises PslError for NaN scores.
    """
    for score_NC in score_SNC:
        check_scores(y_NC, score_NC)
    weights = sample_weights(len(y_NC), samples, seed)
    classes = np.flatnonzero(scored_classes(y_NC, known_NC))
    known_CK = [None if known_NC is None else np.flatnonzero(known_NC[:, c]) for c in classes]
    columns = [
        (y_NC[:, c], score_NC[:, c], known_K)
        for score_NC in score_SNC
        for c, known_K in zip(classes, known_CK, strict=True)
    ]
    with ThreadPoolExecutor(workers or cores()) as pool:
        ap_K = list(pool.map(lambda column: _weighted_ap(*column, weights=weights), columns))
    ap_SCD = np.array(ap_K).reshape(len(score_SNC), -1, samples)
    defined_SCD = ~np.isnan(ap_SCD)
    return np.divide(
        np.where(defined_SCD, ap_SCD, 0).sum(axis=1),
        defined_SCD.sum(axis=1),
        out=np.full((len(score_SNC), samples), np.nan),
        where=defined_SCD.any(axis=1),
    )


def _weighted_ap(y_N: Labels, score_N: Scores, known_K: npt.NDArray[np.intp] | None, *, weights: Weights) -> Values:
    """AP of one class in each sample, shape (D,), of the clips numbered `known_K`, or all.

    nan where a sample has none of its positives.
    """
    order_N = np.argsort(score_N)[::-1] if known_K is None else known_K[np.argsort(score_N[known_K])[::-1]]
    y_N = y_N[order_N]
    ends_P = ends_of_positives(y_N, score_N[order_N])
    cuts = np.unique(ends_P) + 1  # between two of them, no precision is needed
    cuts_of_positives = np.searchsorted(np.flatnonzero(y_N), cuts)
    positives = order_N[y_N]
    return np.concatenate(
        [_ap(_sums(w_ND, order_N, cuts), _sums(w_ND, positives, cuts_of_positives)) for w_ND in weights]
    )


def _sums(w_ND: npt.NDArray[np.float32], rows: npt.NDArray[np.intp], cuts: npt.NDArray[np.intp]) -> Values:
    """Weight of the `rows` up to each cut minus that up to the cut before it, shape (cuts, D)."""
    # mode="clip" takes without a check that would hold up the threads
    picked = np.take(w_ND, rows[: cuts[-1]], axis=0, mode="clip")
    sums = np.empty((len(cuts), w_ND.shape[1]), np.float32)
    for number, (first, last) in enumerate(zip([0, *cuts[:-1]], cuts, strict=True)):
        np.add.reduce(picked[first:last], axis=0, out=sums[number])
    return sums.astype(np.float64)


def _ap(all_KD: Values, positives_KD: Values) -> Values:
    """Mean of the precision at each positive's cut, weighted by how often it was drawn, shape (D,)."""
    positives_to_cut_KD = np.cumsum(positives_KD, axis=0)
    precision_KD = positives_to_cut_KD / np.maximum(np.cumsum(all_KD, axis=0), 1)
    total_D = positives_to_cut_KD[-1]
    return np.divide(
        (positives_KD * precision_KD).sum(axis=0), total_D, out=np.full(len(total_D), np.nan), where=total_D > 0
    )


METRIC = ClipMetric(
    name="mAP",
    value=mean_average_precision,
    classes=average_precision,
    class_column="ap",
    bootstrap=bootstrap_map,
    counts_unlabelled=True,
    takes_known=True,
)
