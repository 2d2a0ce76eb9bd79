"""Evaluation of a tagger: metrics over clips and classes, the first with an interval, and the same per class."""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
import numpy.typing as npt

from psl.evaluation.scores.clip_metric import ClipMetric
from psl.evaluation.scores.metric_files import load_metric
from psl.evaluation.scores.ranking.known import scored_classes
from psl.evaluation.scores.rounding import rounded
from psl.evaluation.tagging.chance import chance_ap
from psl.io.metadata.vocabulary import Vocabulary
from psl.runtime.errors import PslError

SHOWN = (  # in the order of the tables; pictures show the first
    "psl.evaluation.tagging.metrics.mean_average_precision",
    "psl.evaluation.tagging.metrics.d_prime",
    "psl.evaluation.tagging.metrics.roc_auc",
)
OF_WINDOWS = "mAP_windows"  # the name of the first metric of clips that are scored by the highest of their windows


@dataclass(frozen=True)
class TaggingEvaluation:
    """`summary` is flat, for `dvc metrics`; `classes` has one row a class of the vocabulary, in its order.

    `samples` are the values on the bootstrap samples of each metric that has them, by which models can be compared.
    """

    summary: dict[str, Any]
    classes: list[dict[str, Any]]
    samples: dict[str, list[float | None]]


def shown_metrics() -> list[ClipMetric]:
    """The metrics that are computed and shown."""
    return [load_metric(module) for module in SHOWN]


def class_columns(known_NC: npt.NDArray[np.bool_] | None = None) -> tuple[str, ...]:
    """Columns of the table of classes; where not all labels are known, also the clips in which each was looked for."""
    clips = ("positives",) if known_NC is None else ("positives", "clips")
    return ("mid", "name", *clips, "chance_ap", *(_column(metric) for metric in shown_metrics() if metric.classes))


def evaluate(
    y_NC: npt.NDArray[np.bool_],
    score_SNC: Mapping[int, npt.NDArray[np.floating]],
    vocabulary: Vocabulary,
    *,
    highest_SNC: Mapping[int, npt.NDArray[np.floating]],
    known_NC: npt.NDArray[np.bool_] | None = None,
    unmatched: Collection[int] | None = None,
    bootstrap_samples: int,
    confidence: float,
    seed: int,
) -> TaggingEvaluation:
    """Evaluate one model by the scores of each of its seeds on the same N clips: whole, and the highest of windows.

    Values are fractions, and None where a metric is not finite. Beside them stands what random scores would get
    (see psl.evaluation.tagging.chance). Intervals are the bootstrap's over clips and seeds (see
    psl.evaluation.scores.bootstrap), from `bootstrap_samples` samples with `seed`.
    A class is scored on the clips in which it was looked for, as `known_NC` says (None: all), and left out where those
    have no positive or, of labels that are not all known, no negative.
    `unmatched` are the numbers of the classes that the model does not have: they are not scored either, and
    `classes_unmatched` names them in place of `classes_left_out`.
    Raises PslError when no clip has a label, no class can be scored, or a score is NaN.
    """
    scorable_NC = _without(unmatched, y_NC, known_NC) if unmatched else known_NC
    positives_C, scored_C = y_NC.sum(axis=0), scored_classes(y_NC, scorable_NC)
    has_C = np.array([number not in (unmatched or ()) for number in range(len(vocabulary))])
    _require_scored(positives_C, scored_C, has_C, n_clips=len(y_NC))
    metrics = shown_metrics()
    systems = list(score_SNC.values())
    scores = [metric.score(y_NC, systems, bootstrap_samples, seed, known_NC=scorable_NC) for metric in metrics]
    highest = metrics[0].score(y_NC, list(highest_SNC.values()), bootstrap_samples, seed, known_NC=scorable_NC)
    scores.append(replace(highest, name=OF_WINDOWS, class_C=None))
    chance_C = chance_ap(y_NC, scorable_NC)
    numbers: dict[str, Any] = {"chance_mAP": rounded(float(np.nanmean(chance_C)))}
    for score in scores:
        numbers |= score.numbers(confidence) | (score.seeds() if score.sample_D is not None else {})
    about = {
        "confidence": confidence,
        "n_clips": len(y_NC),
        "n_classes": int(scored_C.sum()),
        "classes_left_out": _names(vocabulary, has_C & ~scored_C),
        **({} if unmatched is None else {"classes_unmatched": _names(vocabulary, ~has_C)}),
        "seeds": list(score_SNC),
    }
    by_class = {"chance_ap": chance_C} | {
        _column(metric): score.class_C
        for metric, score in zip(metrics, scores, strict=False)
        if score.class_C is not None
    }
    counts = {"positives": positives_C} | ({} if known_NC is None else {"clips": known_NC.sum(axis=0)})
    samples = {score.name: list(map(rounded, score.sample_D)) for score in scores if score.sample_D is not None}
    return TaggingEvaluation(numbers | about, _class_rows(vocabulary, counts, by_class), samples)


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


def _without(
    unmatched: Collection[int], y_NC: npt.NDArray[np.bool_], known_NC: npt.NDArray[np.bool_] | None
) -> npt.NDArray[np.bool_]:
    """A copy of `known_NC` (None: all) in which these classes are known in no clip."""
    known_NC = np.ones_like(y_NC) if known_NC is None else known_NC.copy()
    known_NC[:, list(unmatched)] = False
    return known_NC


def _require_scored(
    positives_C: npt.NDArray[np.int64], scored_C: npt.NDArray[np.bool_], has_C: npt.NDArray[np.bool_], *, n_clips: int
) -> None:
    """Raise PslError unless some class can be scored; `has_C` are those that the model has."""
    if not positives_C.any():
        raise PslError(
            f"none of the {n_clips} clips to evaluate on has a label of the vocabulary: look at the corpus's eval list"
        )
    if not scored_C.any():
        raise PslError(
            f"no class can be scored on the {n_clips} clips to evaluate on, as each was looked for only in clips "
            "that have it: look for it in others"
            if has_C.all()
            else f"none of the {has_C.sum()} of {len(has_C)} classes that the model has can be scored on the "
            f"{n_clips} clips to evaluate on: take a model of more classes"
        )


def _names(vocabulary: Vocabulary, are_C: npt.NDArray[np.bool_]) -> list[str]:
    return [vocabulary.names[number] for number in np.flatnonzero(are_C)]


def _column(metric: ClipMetric) -> str:
    return metric.class_column or metric.name


def _class_rows(
    vocabulary: Vocabulary,
    counts: Mapping[str, npt.NDArray[np.int64]],
    by_class: Mapping[str, npt.NDArray[np.float64]],
) -> list[dict[str, Any]]:
    return [
        {"mid": mid, "name": name}
        | {column: int(count_C[c]) for column, count_C in counts.items()}
        | {column: rounded(value_C[c]) for column, value_C in by_class.items()}
        for c, (mid, name) in enumerate(zip(vocabulary.mids, vocabulary.names, strict=True))
    ]
