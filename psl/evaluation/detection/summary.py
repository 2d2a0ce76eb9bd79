"""Summary of a detector's evaluation: all metrics with intervals, the DCASE score, and the metrics of each class."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

import numpy as np
import numpy.typing as npt

from psl.config import Detect
from psl.evaluation.detection.corpus_truth import LEAKED, NOT_ANNOTATED, SHORT, UNREAD, CorpusTruth
from psl.evaluation.detection.dcase_score import dcase_score
from psl.evaluation.detection.evaluation_data import EvaluationData, evaluation_data
from psl.evaluation.detection.median_filter import step_of
from psl.evaluation.detection.metrics import DetectionMetric
from psl.evaluation.detection.metrics.events import ends_cut
from psl.evaluation.detection.score_file import ScoreFile
from psl.evaluation.scores.metric_files import load_metric
from psl.evaluation.scores.rounding import DIGITS, rounded
from psl.evaluation.scores.score import Score
from psl.io.hashes import hash_json
from psl.io.metadata.vocabulary import Vocabulary

COMPARED = ("psds1", "psds2")  # between detectors, on the same bootstrap samples
SHOWN = (  # in the order of the tables
    "psl.evaluation.detection.metrics.psds1",
    "psl.evaluation.detection.metrics.psds2",
    "psl.evaluation.detection.metrics.collar_f",
    "psl.evaluation.detection.metrics.segment_f",
)


@dataclass(frozen=True)
class DetectionEvaluation:
    """`summary` is flat, for `dvc metrics`; `classes` has one row a class, in their order.

    `samples` are the values of each PSDS on the bootstrap samples, by which detectors can be compared.
    """

    summary: dict[str, Any]
    classes: list[dict[str, Any]]
    samples: dict[str, list[float | None]] = field(default_factory=dict)


def shown_metrics() -> list[DetectionMetric]:
    """The metrics that are computed and shown."""
    return [load_metric(module) for module in SHOWN]


def class_columns() -> tuple[str, ...]:
    """Columns of the table of classes."""
    return ("mid", "name", "events", *(metric.name for metric in shown_metrics()), "median_s")


def evaluate_detection(files: Mapping[int, ScoreFile], corpus: CorpusTruth, settings: Detect) -> DetectionEvaluation:
    """Score a detector by each of its seeds: all values are means over them. Fractions, not per cent.

    Intervals are the bootstrap's over clips and seeds. Where only one class has events, PSDS-2 and the DCASE score are
    None.
    Raises PslError for NaN scores, overlapping events, and clips without scores.
    """
    data = evaluation_data(files, corpus, settings)
    classes, seeds = next(iter(files.values())).classes, list(data.scores.values())
    scores = {metric: metric.score(seeds, data.ground_truth, settings) for metric in shown_metrics()}
    summary: dict[str, Any] = {"seeds": list(files)}
    for metric, score in scores.items():
        if metric.reports_seeds:
            summary |= score.seeds() if score else {f"{metric.name}_seeds": []}
        summary |= _numbers(metric.name, score, settings)
    summary |= _numbers("score", _dcase(scores, settings), settings)
    summary |= _about(data, corpus, classes, settings)
    class_C = {metric.name: score.class_C if score else None for metric, score in scores.items()}
    samples = {metric.name: _samples(score) for metric, score in scores.items() if score and metric.name in COMPARED}
    return DetectionEvaluation(summary, _class_rows(data, classes, class_C), samples)


def _samples(score: Score) -> list[float | None]:
    assert score.sample_D is not None  # every detection metric is sampled
    return [rounded(value) for value in score.sample_D]


def _numbers(name: str, score: Score | None, settings: Detect) -> dict[str, Any]:
    """The value and its interval; None for a score that is not defined."""
    return score.numbers(settings.confidence) if score else {name: None, f"{name}_low": None, f"{name}_high": None}


def _dcase(scores: Mapping[DetectionMetric, Score | None], settings: Detect) -> Score | None:
    """The DCASE score, sampled as both PSDS are; from their rounded values, so that it is that of the numbers shown."""
    by_name = {metric.name: score for metric, score in scores.items()}
    psds1, psds2 = by_name["psds1"], by_name["psds2"]
    if not psds1 or not psds2:
        return None
    baselines = settings.baselines.psds1, settings.baselines.psds2
    value = dcase_score(round(psds1.value, DIGITS), round(psds2.value, DIGITS), *baselines)
    assert psds1.sample_D is not None and psds2.sample_D is not None  # every detection metric is sampled
    sample_D = dcase_score(psds1.sample_D, psds2.sample_D, *baselines)
    value_S = dcase_score(psds1.value_S, psds2.value_S, *baselines)
    return Score("score", value, value_S, sample_D=sample_D, upper=np.inf)


def _about(data: EvaluationData, corpus: CorpusTruth, classes: Vocabulary, settings: Detect) -> dict[str, Any]:
    """What was counted and left out."""
    ground_truth, duration_s = data.ground_truth, data.ground_truth.duration_s
    clips_with_events = {event.clip_id for event in ground_truth.events}
    other_classes_only = corpus.with_other_classes_only & duration_s.keys()
    other_events = sum(count for clip_id, count in corpus.other_events.items() if clip_id in duration_s)
    return {
        "n_clips": len(duration_s),
        "n_clips_development": len(data.development.duration_s) if data.development else 0,
        "n_clips_without_events": len(duration_s) - len(clips_with_events) - len(other_classes_only),
        "n_clips_of_other_classes": len(other_classes_only),
        "n_clips_unread": corpus.count(UNREAD),
        "n_clips_excluded": corpus.count(LEAKED),
        "n_clips_too_short": corpus.count(SHORT),
        "n_clips_not_annotated": corpus.count(NOT_ANNOTATED),
        "n_events": len(ground_truth.events),
        "n_events_of_other_classes": other_events,
        "n_events_cut": ends_cut(ground_truth),
        "n_classes": len(ground_truth.class_ids),
        "classes_left_out": [name for c, name in enumerate(classes.names) if c not in ground_truth.class_ids],
        "truth_hash": _truth_hash(data),
        "step_s": rounded(step_of(next(iter(data.scores.values())))),
        "median_s": sorted(set(data.median_s_C)),
        "confidence": settings.confidence,
    }


def _truth_hash(data: EvaluationData) -> str:
    """Of the clips, classes and events: detectors compare where it is the same."""
    durations = {clip_id: rounded(seconds) for clip_id, seconds in data.ground_truth.duration_s.items()}
    return hash_json([durations, list(data.ground_truth.classes), sorted(data.ground_truth.events)])


def _class_rows(
    data: EvaluationData, classes: Vocabulary, value_C: Mapping[str, npt.NDArray[np.float64] | None]
) -> list[dict[str, Any]]:
    events_C = np.bincount([event.class_id for event in data.ground_truth.events], minlength=len(classes))
    return [
        {"mid": mid, "name": name, "events": int(events_C[c])}
        | {column: None if values_C is None else rounded(values_C[c]) for column, values_C in value_C.items()}
        | {"median_s": data.median_s_C[c]}
        for c, (mid, name) in enumerate(zip(classes.mids, classes.names, strict=True))
    ]
