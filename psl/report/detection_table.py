"""The table of detectors, as DCASE's task 4 prints it: size, PSDS-1, PSDS-2, score, single model or ensemble."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from functools import partial
from typing import Any

from psl.config import ANNOTATOR, Ensemble
from psl.evaluation.detection.metrics import DetectionMetric
from psl.evaluation.detection.summary import shown_metrics
from psl.report.model_names import Model, display_names
from psl.report.model_style import ensemble_colours, in_order, model_colours
from psl.report.tables import Table, decimal, markdown_table, millions, with_interval
from psl.runtime.errors import PslError

DCASE = ("psds1", "psds2")  # the metrics of the DCASE score, which come first
MEASURED_ON = (  # what the note says once for all detectors, and so has to be the same for all
    "n_clips",
    "n_clips_development",
    "n_clips_without_events",
    "n_clips_of_other_classes",
    "n_clips_unread",
    "n_clips_excluded",
    "n_clips_too_short",
    "n_clips_not_annotated",
    "n_events",
    "n_events_of_other_classes",
    "n_events_cut",
    "n_classes",
    "classes_left_out",
    "classes_unknown",
    "truth_hash",
)


@dataclass(frozen=True)
class DetectorResult:
    """One detector: its key, display name and colour, and the flat numbers of its evaluation (detection.summary)."""

    key: str
    name: str
    colour: str
    numbers: Mapping[str, Any]


def detector_results(
    models: Mapping[str, Model], ensembles: Mapping[str, Ensemble], numbers: Mapping[str, Mapping[str, Any]]
) -> list[DetectorResult]:
    """Every detector with its `numbers`: the models in the order of every table, then ensembles.

    Raises PslError for detectors that were not evaluated on the same ground truth. An annotator without some of the
    classes is evaluated on the others, and is no measure of the models.
    """
    names = display_names(models, in_order(models))
    names |= {key: f"Ensemble: {key}" for key in ensembles}
    of_models = model_colours(models)
    colours = of_models | ensemble_colours(ensembles, of_models)
    rows = [DetectorResult(key, name, colours[key], numbers[key]) for key, name in names.items()]
    for row in rows:
        if not lacks_classes(row, rows):
            _require_comparable(reference(rows), row)
    return rows


def lacks_classes(row: DetectorResult, rows: Sequence[DetectorResult]) -> bool:
    """Whether it is an annotator that does not have some classes that other detectors have."""
    unknown = [len(each.numbers.get("classes_unknown", ())) for each in (row, *rows)]
    return row.key == ANNOTATOR and unknown[0] > min(unknown)


def reference(rows: Sequence[DetectorResult]) -> DetectorResult:
    """The detector whose numbers say what all were evaluated on: the first that does not lack classes."""
    return next(row for row in rows if not lacks_classes(row, rows))


def evaluated(rows: Sequence[DetectorResult]) -> list[DetectorResult]:
    """Those that were evaluated; none is of a corpus without strong labels."""
    return [row for row in rows if row.numbers["n_clips"]]


def detection_table(rows: Sequence[DetectorResult]) -> Table:
    """The table as text, a dict from column to cell for each detector that was evaluated."""
    return [
        {
            "Detector": row.name,
            "parameters, M": millions(row.numbers["n_parameters"]),
            "on disk, MB": millions(row.numbers["n_bytes"]),
            **_cells(row, _dcase_metrics()),
            "DCASE score": with_interval(row.numbers, "score", partial(decimal, digits=2)),
            "single model": "yes" if row.numbers["n_networks"] == 1 else f"no, {row.numbers['n_networks']}",
            **_cells(row, _other_metrics()),
        }
        for row in evaluated(rows)
    ]


def detection_markdown(rows: Sequence[DetectorResult], note: str) -> str:
    """The table in Markdown, with the `note` below it."""
    table = detection_table(rows)
    return f"{markdown_table(table, text_columns=('single model',))}\n\n{note}\n" if table else f"{note}\n"


def csv_columns() -> tuple[str, ...]:
    """Columns of the table for programs."""
    return (
        "key",
        "name",
        "n_parameters",
        "n_bytes",
        *_with_bounds((*(metric.name for metric in _dcase_metrics()), "score")),
        "n_networks",
        *_with_bounds(metric.name for metric in _other_metrics()),
        "n_clips",
        "n_clips_development",
        "n_clips_without_events",
    )


def csv_rows(rows: Sequence[DetectorResult]) -> list[dict[str, Any]]:
    """The numbers as they are, a dict for each detector that was evaluated."""
    fields = csv_columns()[2:]
    return [
        {"key": row.key, "name": row.name} | {field: row.numbers[field] for field in fields} for row in evaluated(rows)
    ]


def dvc_metrics(rows: Sequence[DetectorResult]) -> dict[str, Any]:
    """For `dvc metrics`: both PSDS and the score of each detector."""
    return {row.key: {field: row.numbers[field] for field in (*DCASE, "score")} for row in evaluated(rows)}


def _dcase_metrics() -> list[DetectionMetric]:
    return [metric for metric in shown_metrics() if metric.name in DCASE]


def _other_metrics() -> list[DetectionMetric]:
    return [metric for metric in shown_metrics() if metric.name not in DCASE]


def _cells(row: DetectorResult, metrics: Iterable[DetectionMetric]) -> dict[str, str]:
    return {f"{metric.heading} %": with_interval(row.numbers, metric.name) for metric in metrics}


def _with_bounds(names: Iterable[str]) -> list[str]:
    return [column for name in names for column in (name, f"{name}_low", f"{name}_high")]


def _require_comparable(first: DetectorResult, other: DetectorResult) -> None:
    absent = [field for field in MEASURED_ON if field not in other.numbers]
    if other.numbers["n_clips"] and absent:
        raise PslError(
            f"the report of {other.name} is of an older form, without {absent[0]}: run the stages detect again"
        )
    unlike = [field for field in MEASURED_ON if first.numbers.get(field) != other.numbers.get(field)]
    if unlike:
        ours, theirs = (f"{row.name} ({unlike[0]} {row.numbers.get(unlike[0])})" for row in (first, other))
        raise PslError(
            f"{ours} and {theirs} were not evaluated on the same ground truth: run the stages detect of both again"
        )
