"""Evaluation of a fine-tuned model on the test clips of its set, by the set's metric."""

from typing import Any

import numpy as np
import numpy.typing as npt

from psl.evaluation.scores.clip_metric import ClipMetric
from psl.evaluation.scores.rounding import rounded
from psl.evaluation.scores.score import Score
from psl.evaluation.transfer.metric import clip_metric
from psl.evaluation.transfer.score_table import TransferScores
from psl.runtime.errors import PslError


def transfer_metric(file: str) -> ClipMetric:
    """The metric of `file` in psl.evaluation.tagging.metrics.

    Raises PslError unless the table of transfers can show it.
    """
    metric = clip_metric(file)
    if metric.bootstrap is None or metric.classes is None:
        raise PslError(f"the metric {file} has no bootstrap or no values of classes: choose another one in transfers")
    return metric


def evaluate_transfer(
    metric: ClipMetric, scores: TransferScores, *, bootstrap_samples: int = 0, seed: int = 0
) -> Score:
    """The score on all test clips; models of one set share the bootstrap samples of `seed`.

    Raises PslError when no clip has a label, and for labels or scores that the metric cannot use.
    """
    if not scores.y_NC.any():
        raise PslError(
            f"none of the {len(scores.y_NC)} test clips has a label of the vocabulary: look at the corpus's test list"
        )
    return metric.score(scores.y_NC, list(scores.score_SNC.values()), bootstrap_samples, seed)


def transfer_summary(metric_file: str, scores: TransferScores) -> dict[str, Any]:
    """The metric of one fine-tuned model, flat, for `dvc metrics`; on Public and Private clips too, if any."""
    metric = transfer_metric(metric_file)
    score, counted_N = evaluate_transfer(metric, scores), metric.counted(scores.y_NC)
    usage_N = np.array(scores.usage_N, dtype=object)
    usages = sorted({usage for usage in usage_N[counted_N] if usage is not None})
    return {
        metric.name: rounded(score.value),
        **score.seeds(),
        **{f"{metric.name}_{usage.lower()}": rounded(_value(metric, scores, usage_N == usage)) for usage in usages},
        "seeds": list(scores.score_SNC),
        **clip_counts(metric, scores),
        "classes_left_out": scores.classes_left_out,
    }


def clip_counts(metric: ClipMetric, scores: TransferScores) -> dict[str, int]:
    """How many clips and classes the metric rests on."""
    return {
        "n_clips": int(metric.counted(scores.y_NC).sum()),
        "n_clips_without_label": int((~scores.y_NC.any(axis=1)).sum()),
        "n_classes": int(scores.y_NC.any(axis=0).sum()),
    }


def _value(metric: ClipMetric, scores: TransferScores, chosen_N: npt.NDArray[np.bool_]) -> float:
    """The metric on some of the clips."""
    chosen_SNC = [score_NC[chosen_N] for score_NC in scores.score_SNC.values()]
    return metric.score(scores.y_NC[chosen_N], chosen_SNC).value
