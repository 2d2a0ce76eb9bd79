"""Area under the ROC curve, the mean over classes."""

from psl.evaluation.scores.clip_metric import ClipMetric
from psl.evaluation.scores.ranking.auc import auc, mean_auc

METRIC = ClipMetric(
    name="auc",
    value=lambda y_NC, score_NC, known_NC=None: mean_auc(y_NC, [score_NC], known_NC),
    over_seeds=mean_auc,
    classes=auc,
    counts_unlabelled=True,
    takes_known=True,
    heading="AUC",
    digits=4,
)
