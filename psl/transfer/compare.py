"""The transfer table: on each set, each student beside the annotator, with intervals and the paired test."""

from collections.abc import Iterable, Mapping
from dataclasses import asdict, dataclass
from typing import Any

import numpy as np

from psl.errors import PslError
from psl.metrics import rounded
from psl.metrics.bootstrap import interval
from psl.metrics.paired import paired
from psl.params import Evaluate, TransferOf
from psl.params.transfer import ANNOTATOR, set_of
from psl.transfer.draws import draws_of
from psl.transfer.measures import Counted, counted, summary
from psl.transfer.scores import Scored, require_same_clips


@dataclass(frozen=True)
class Row:
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
class ClassRow:
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


def compare(transfers: Mapping[str, TransferOf], scored: Mapping[str, Scored], settings: Evaluate) -> tuple[list[Row], list[ClassRow]]:
    """All rows of the table, and those of its classes; `scored` holds each transfer's scores.

    Sets come in the order of the parameters, the annotator before students. Draws, confidence and seed are the evaluation's.
    Raises PslError unless the models of a set were scored on the same clips.
    """
    rows, classes = [], []
    for name, keys in _keys_of_sets(transfers).items():
        of_set, metric = {model: scored[key] for model, key in keys.items()}, transfers[next(iter(keys.values()))].metric
        _require_comparable(name, of_set)
        rows += _rows(name, metric, of_set, settings)
        classes += _class_rows(name, metric, of_set)
    return rows, classes


def nested(rows: Iterable[Row], names: Mapping[str, str], left_out: Mapping[str, list[str]], settings: Evaluate) -> dict[str, Any]:
    """The table as JSON: by set, then by model. `names` are the models', `left_out` the sets' classes without test clips."""
    sets: dict[str, dict[str, Any]] = {}
    for row in rows:
        sets.setdefault(row.set, {})[row.model] = {field: value for field, value in asdict(row).items() if field not in ("set", "model")}
    return {"sets": sets, "models": names, "classes_left_out": left_out, "draws": settings.draws, "confidence": settings.confidence}


def _keys_of_sets(transfers: Mapping[str, TransferOf]) -> dict[str, dict[str, str]]:
    """Keys of the transfers by set and model."""
    found: dict[str, dict[str, str]] = {}
    for key, transfer in transfers.items():
        found.setdefault(set_of(key, transfer), {})[transfer.model] = key
    return {name: dict(sorted(keys.items(), key=lambda item: item[0] != ANNOTATOR)) for name, keys in found.items()}


def _require_comparable(name: str, scored: Mapping[str, Scored]) -> None:
    first_model, first = next(iter(scored.items()))
    for model, other in scored.items():
        names = (f"the scores of {first_model} on {name}", f"those of {model}")
        require_same_clips(first.clip_ids, other.clip_ids, *names)
        first.vocabulary.require_same(other.vocabulary, *names)
        if not np.array_equal(first.y_NC, other.y_NC):
            raise PslError(f"{names[0]} and {names[1]} stand beside different labels: run the stages transfer of {name} again")


def _rows(name: str, metric: str, scored: Mapping[str, Scored], settings: Evaluate) -> list[Row]:
    found = {model: counted(metric, one) for model, one in scored.items()}
    draws = {model: draws_of(metric, one, settings.draws, settings.seed) for model, one in found.items()}
    rows = []
    for model, one in found.items():
        value, low, high = _rounded((one.value, *interval(draws[model], one.value, settings.confidence)))
        difference, below, above, p = _beside(found, draws, model, settings.confidence)
        said = summary(metric, scored[model])
        counts = (said["n_clips"], said["n_clips_without_label"], said["n_classes"])
        rows.append(Row(name, metric, model, value, low, high, difference, below, above, p, *counts))
    return rows


def _beside(found: Mapping[str, Counted], draws: Mapping[str, Any], model: str, confidence: float) -> tuple[Any, ...]:
    """Difference to the annotator, its interval, and p."""
    if model == ANNOTATOR or ANNOTATOR not in found:
        return (None,) * 4
    return _rounded(paired(draws[ANNOTATOR], draws[model], found[model].value - found[ANNOTATOR].value, confidence))


def _class_rows(name: str, metric: str, scored: Mapping[str, Scored]) -> list[ClassRow]:
    if ANNOTATOR not in scored:
        return []
    classes, clips_C = scored[ANNOTATOR].vocabulary, scored[ANNOTATOR].y_NC.sum(axis=0)
    value_MC = {model: counted(metric, one).class_C for model, one in scored.items()}
    return [
        ClassRow(name, metric, model, mid, called, int(clips), *_rounded((annotator, student, student - annotator)))
        for model, student_C in value_MC.items()
        for mid, called, clips, annotator, student in zip(classes.mids, classes.names, clips_C, value_MC[ANNOTATOR], student_C, strict=True)
        if model != ANNOTATOR and clips
    ]


def _rounded(values: Iterable[float]) -> tuple[Any, ...]:
    return tuple(rounded(value) for value in values)
