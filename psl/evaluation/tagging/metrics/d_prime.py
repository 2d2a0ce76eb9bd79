"""d', the separation of two normal distributions between which the area under the ROC curve is the mean AUC."""

import math
from statistics import NormalDist

from psl.evaluation.scores.clip_metric import ClipMetric
from psl.evaluation.scores.ranking.auc import mean_auc


def d_prime(mean_auc: float) -> float:
    """d' = sqrt(2) * Phi^-1(mean AUC), as PANNs, AST and PSL report it: from the mean over classes, not its own mean.

    Infinite at an AUC of 0 or 1; nan for nan.

    >>> round(d_prime(0.5), 3), round(d_prime(0.959), 3), d_prime(1.0)
    (0.0, 2.46, inf)
    """
    if math.isnan(mean_auc) or not 0 < mean_auc < 1:
        return math.nan if math.isnan(mean_auc) else math.copysign(math.inf, mean_auc - 0.5)
    return math.sqrt(2) * NormalDist().inv_cdf(mean_auc)


METRIC = ClipMetric(
    name="d_prime",
    value=lambda y_NC, score_NC, known_NC=None: d_prime(mean_auc(y_NC, [score_NC], known_NC)),
    over_seeds=lambda y_NC, score_SNC, known_NC=None: d_prime(mean_auc(y_NC, score_SNC, known_NC)),
    counts_unlabelled=True,
    takes_known=True,
    heading="d\N{PRIME}",
    digits=3,
)
