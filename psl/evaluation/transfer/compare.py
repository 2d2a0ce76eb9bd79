"""The transfer table: on each set, each student beside the annotator, with intervals and the paired test."""

from collections.abc import Iterable, Mapping
from dataclasses import asdict, dataclass
from typing import Any

import numpy as np

from psl.config import Evaluate, TransferTask
from psl.config.transfer import ANNOTATOR, set_of
from psl.evaluation.scores.paired import paired
from psl.evaluation.scores.rounding import rounded
from psl.evaluation.scores.score import Score
from psl.evaluation.transfer.evaluate import clip_counts, evaluate_transfer, transfer_metric
from psl.evaluation.transfer.score_table import TransferScores, require_same_clips
from psl.runtime.errors import PslError


@dataclass(frozen=True)
class TransferRow:
    """A model on a set; the differences are to the annotator, and None for itself or without it. Fractions."""

    set: str
    metric: str
    model: str
    value: float
    low: float
    high: float
    difference: float | None
    difference_low: float | None
    difference_high: float | None
    p: float | None
    n_clips: int
    n_clips_without_label: int
    n_classes: int


@dataclass(frozen=True)
class TransferClassRow:
    """A class of a set for a student beside the annotator, by the set's metric. Fractions."""

    set: str
    metric: str
    model: str
    mid: str
    name: str
    clips: int
    annotator: float
    student: float
    difference: float


def compare(
    transfers: Mapping[str, TransferTask], scores: Mapping[str, TransferScores], settings: Evaluate
) -> tuple[list[TransferRow], list[TransferClassRow]]:
    """All rows of the table, and those of its classes; `scores` holds each transfer's scores of its test clips.

    Sets come in the order of the parameters, the annotator before students. Bootstrap samples, confidence and seed are
    the evaluation's. Raises PslError unless the models of a set were scored on the same clips.
    """
    rows, class_rows = [], []
    for set_name, keys in _keys_by_set(transfers).items():
        metric = transfer_metric(transfers[next(iter(keys.values()))].metric)
        scores_by_model = {model: scores[key] for model, key in keys.items()}
        _require_comparable(set_name, scores_by_model)
        results = {
            model: evaluate_transfer(
                metric, model_scores, bootstrap_samples=settings.bootstrap_samples, seed=settings.seed
            )
            for model, model_scores in scores_by_model.items()
        }
        counts = clip_counts(metric, next(iter(scores_by_model.values())))
        rows += [_row(set_name, model, results, counts, confidence=settings.confidence) for model in results]
        class_rows += _class_rows(set_name, scores_by_model, results)
    return rows, class_rows


def as_json(
    rows: Iterable[TransferRow],
    names: Mapping[str, str],
    classes_left_out: Mapping[str, list[str]],
    settings: Evaluate,
) -> dict[str, Any]:
    """The table as JSON: by set, then by model.

    `names` are the models'; `classes_left_out` of each set have no test clips.
    """
    sets: dict[str, dict[str, Any]] = {}
    for row in rows:
        numbers = {field: value for field, value in asdict(row).items() if field not in ("set", "model")}
        sets.setdefault(row.set, {})[row.model] = numbers
    return {
        "sets": sets,
        "models": names,
        "classes_left_out": classes_left_out,
        "draws": settings.bootstrap_samples,
        "confidence": settings.confidence,
    }


def _keys_by_set(transfers: Mapping[str, TransferTask]) -> dict[str, dict[str, str]]:
    """Keys of the transfers by set and model, the annotator first."""
    sets: dict[str, dict[str, str]] = {}
    for key, transfer in transfers.items():
        sets.setdefault(set_of(key, transfer), {})[transfer.model] = key
    return {name: dict(sorted(keys.items(), key=lambda item: item[0] != ANNOTATOR)) for name, keys in sets.items()}


def _require_comparable(set_name: str, scores: Mapping[str, TransferScores]) -> None:
    first_model, first = next(iter(scores.items()))
    for model, other in scores.items():
        names = (f"the scores of {first_model} on {set_name}", f"those of {model}")
        require_same_clips(first.clip_ids, other.clip_ids, *names)
        first.vocabulary.require_same(other.vocabulary, *names)
        if not np.array_equal(first.y_NC, other.y_NC):
            raise PslError(
                f"{names[0]} and {names[1]} have different labels: run the stages transfer of {set_name} again"
            )


def _row(
    set_name: str, model: str, results: Mapping[str, Score], counts: Mapping[str, int], *, confidence: float
) -> TransferRow:
    score = results[model]
    value, low, high = _rounded((score.value, *score.interval(confidence)))
    difference: tuple[Any, ...] = (None,) * 4  # and its interval, and p
    if model != ANNOTATOR and ANNOTATOR in results:
        difference = _rounded(paired(results[ANNOTATOR], score, confidence))
    return TransferRow(set_name, score.name, model, value, low, high, *difference, **counts)


def _class_rows(
    set_name: str, scores: Mapping[str, TransferScores], results: Mapping[str, Score]
) -> list[TransferClassRow]:
    """A row for each class that has clips and each student; none without the annotator."""
    if ANNOTATOR not in results:
        return []
    classes, clips_C = scores[ANNOTATOR].vocabulary, scores[ANNOTATOR].y_NC.sum(axis=0)
    rows = []
    for model in (model for model in results if model != ANNOTATOR):
        annotator_C, student_C = results[ANNOTATOR].class_C, results[model].class_C
        assert annotator_C is not None and student_C is not None  # transfer_metric checks it
        columns = zip(classes.mids, classes.names, clips_C, annotator_C, student_C, strict=True)
        for mid, name, clips, annotator, student in columns:
            values = _rounded((annotator, student, student - annotator))
            if clips:
                rows.append(TransferClassRow(set_name, results[model].name, model, mid, name, int(clips), *values))
    return rows


def _rounded(values: Iterable[float]) -> tuple[Any, ...]:
    return tuple(rounded(value) for value in values)
