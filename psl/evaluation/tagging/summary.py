"""Evaluation of a tagger: metrics over clips and classes, the first with an interval, and the same per class."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt

from psl.evaluation.scores.clip_metric import ClipMetric
from psl.evaluation.scores.metric_files import load_metric
from psl.evaluation.scores.rounding import rounded
from psl.io.metadata.vocabulary import Vocabulary
from psl.runtime.errors import PslError

SHOWN = (  # in the order of the tables; pictures show the first
    "psl.evaluation.tagging.metrics.mean_average_precision",
    "psl.evaluation.tagging.metrics.d_prime",
    "psl.evaluation.tagging.metrics.roc_auc",
)


@dataclass(frozen=True)
class TaggingEvaluation:
    """`summary` is flat, for `dvc metrics`; `classes` has one row a class of the vocabulary, in its order."""

    summary: dict[str, Any]
    classes: list[dict[str, Any]]


def shown_metrics() -> list[ClipMetric]:
    """The metrics that are computed and shown."""
    return [load_metric(module) for module in SHOWN]


def class_columns() -> tuple[str, ...]:
    """Columns of the table of classes."""
    return ("mid", "name", "positives", *(_column(metric) for metric in shown_metrics() if metric.classes))


def evaluate(
    y_NC: npt.NDArray[np.bool_],
    score_SNC: Mapping[int, npt.NDArray[np.floating]],
    vocabulary: Vocabulary,
    *,
    bootstrap_samples: int,
    confidence: float,
    seed: int,
) -> TaggingEvaluation:
    """Evaluate one model by the scores of each of its seeds on the same N clips.

    Values are fractions, and None where a metric is not finite. Intervals are the bootstrap's over clips (see
    psl.evaluation.scores.bootstrap), from `bootstrap_samples` samples with `seed`.
    Raises PslError when no clip has a label, or a score is NaN.
    """
    positives_C = y_NC.sum(axis=0)
    if not positives_C.any():
        raise PslError(
            f"none of the {len(y_NC)} clips to evaluate on has a label of the vocabulary: look at the corpus's eval "
            "list"
        )
    metrics = shown_metrics()
    scores = [metric.score(y_NC, list(score_SNC.values()), bootstrap_samples, seed) for metric in metrics]
    numbers: dict[str, Any] = {}
    for score in scores:
        numbers |= score.numbers(confidence) | (score.seeds() if score.sample_D is not None else {})
    about = {
        "confidence": confidence,
        "n_clips": len(y_NC),
        "n_classes": int((positives_C > 0).sum()),
        "classes_left_out": [name for name, count in zip(vocabulary.names, positives_C, strict=True) if not count],
        "seeds": list(score_SNC),
    }
    by_class = {
        _column(metric): score.class_C
        for metric, score in zip(metrics, scores, strict=True)
        if score.class_C is not None
    }
    return TaggingEvaluation(numbers | about, _class_rows(vocabulary, positives_C, by_class))


def rows_of(read_ids: Sequence[str], listed_ids: Sequence[str]) -> npt.NDArray[np.intp]:
    """The row of each clip that was read among those that the corpus lists.

    Raises PslError for one that it does not.
    """
    row = {clip_id: number for number, clip_id in enumerate(listed_ids)}
    foreign = [clip_id for clip_id in read_ids if clip_id not in row]
    if foreign:
        raise PslError(
            f"{len(foreign)} clips have features but are not in the corpus's list, first {foreign[0]}: make the "
            "features anew"
        )
    return np.array([row[clip_id] for clip_id in read_ids], dtype=np.intp)


def _column(metric: ClipMetric) -> str:
    return metric.class_column or metric.name


def _class_rows(
    vocabulary: Vocabulary,
    positives_C: npt.NDArray[np.int64],
    by_class: Mapping[str, npt.NDArray[np.float64]],
) -> list[dict[str, Any]]:
    return [
        {"mid": mid, "name": name, "positives": int(positives_C[c])}
        | {column: rounded(value_C[c]) for column, value_C in by_class.items()}
        for c, (mid, name) in enumerate(zip(vocabulary.mids, vocabulary.names, strict=True))
    ]
