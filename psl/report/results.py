"""The results of all models in the order of the tables: annotator, weak labels, then windows from long to short."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from psl.config import ANNOTATOR
from psl.evaluation.scores.clip_metric import ClipMetric
from psl.evaluation.tagging.summary import OF_WINDOWS, shown_metrics
from psl.report.model_names import WEAK, Model, display_names, has_own_annotator, is_window_student
from psl.report.model_style import in_order, model_colours
from psl.report.tables import DASH, Table, count, decimal, markdown_table, millions, percent, with_interval

BY_WINDOWS = "mAP by windows"  # the heading of OF_WINDOWS


@dataclass(frozen=True)
class Result:
    """One model: its key, display name and colour, and the flat numbers of its evaluation."""

    key: str
    name: str
    colour: str
    model: Model
    numbers: Mapping[str, Any]
    # of the annotator's mAP; None without one, for a student of another, and where classes are unmatched
    share: float | None
    has_common_annotator: bool = True  # whether its labels come from annotate.annotator


def results(models: Mapping[str, Model], evaluations: Mapping[str, Mapping[str, Any]], annotator: str) -> list[Result]:
    """The results of all `models`, in order; `evaluations` holds the numbers of each key.

    `annotator` is annotate.annotator, of which the table's annotator row is.
    """
    keys, colours = in_order(models), model_colours(models)
    names = display_names(models, keys)
    whole = ANNOTATOR in models and not evaluations[ANNOTATOR].get("classes_unmatched")
    reference = evaluations[ANNOTATOR]["mAP"] if whole else None
    common = {key: not has_own_annotator(models[key], annotator) for key in keys}
    return [
        Result(
            key,
            names[key],
            colours[key],
            models[key],
            evaluations[key],
            evaluations[key]["mAP"] / reference if reference and common[key] else None,
            common[key],
        )
        for key in keys
    ]


def results_table(rows: Sequence[Result]) -> Table:
    """The table of results: mAP with its interval, the other metrics, and what the models were trained on and cost."""
    interval = f"{100 * rows[0].numbers['confidence']:g} % interval"
    metrics = [metric for metric in shown_metrics() if metric.name != "mAP"]
    return [
        {
            "Model": row.name,
            "mAP %": percent(row.numbers["mAP"]),
            interval: f"{percent(row.numbers['mAP_low'])} {DASH} {percent(row.numbers['mAP_high'])}",
            **{_heading(metric): _cell(metric, row.numbers) for metric in metrics},
            f"{BY_WINDOWS} %": with_interval(row.numbers, OF_WINDOWS),
            "of annotator's mAP": DASH if row.share is None else f"{100 * row.share:.0f} %",
            "clips trained on": count(row.numbers["n_train_clips"]),
            "seeds": str(len(row.numbers["seeds"])),
            "parameters, M": millions(row.numbers.get("n_parameters")),
            "multiply-adds, M a second": millions(row.numbers.get("multiply_adds_per_second")),
            "on disk, MB": millions(row.numbers.get("n_bytes")),
        }
        for row in rows
    ]


def results_markdown(rows: Sequence[Result]) -> str:
    """The results table in Markdown, with a line on the clips and classes that it was measured on."""
    return f"{markdown_table(results_table(rows))}\n\n{measured_on(rows)}\n"


def measured_on(rows: Sequence[Result]) -> str:
    """Sentences on the clips and classes behind the table, and on the classes that the annotator does not have."""
    numbers = next((row for row in rows if not row.numbers.get("classes_unmatched")), rows[0]).numbers
    left_out = numbers["classes_left_out"]
    without = f"; left out, having no positive clip: {', '.join(left_out)}" if left_out else ""
    return (
        f"Measured on {numbers['n_clips']:,} evaluation clips and {numbers['n_classes']} classes{without}. Means over "
        f"seeds; {100 * numbers['confidence']:g} % intervals are over clips and, of several seeds, over seeds. By "
        f"windows: a clip's score is the highest of its windows of {numbers['window_seconds']:g} s, "
        f"{numbers['hop_seconds']:g} s apart, for all models alike. Costs are those of one seed's network; "
        "multiply-adds, of a second of audio, are half of the operations that torch's FlopCounterMode counts in a "
        "window of 10 s."
        f"{_unmatched(rows[0], numbers['n_classes'])}"
    )


def _unmatched(row: Result, n_classes: int) -> str:
    """A sentence on the classes that an annotator does not have, if any; `n_classes` are scored of other models."""
    names = row.numbers.get("classes_unmatched")
    if not names:
        return ""
    return (
        f" The annotator's mAP is over {row.numbers['n_classes']} of {n_classes} classes, and no share of it is "
        f"shown: it does not have {', '.join(names)}."
    )


def headline(rows: Sequence[Result]) -> str:
    """The result in a sentence: the student of the shortest windows beside weak labels and beside the annotator.

    Windows choose it, as the method claims, and no score: the best of several on the evaluation clips is partly luck.
    """
    students = [row for row in rows if row.has_common_annotator and is_window_student(row.model)]
    weak = next((row for row in rows if row.name == WEAK), None)
    if not students or weak is None:
        return ""
    finest = min(students, key=_windows)
    of_annotator = "" if finest.share is None else f", {100 * finest.share:.0f} % of its annotator's"
    return (
        f"{finest.name}, which learns the shortest windows, reaches {_with_interval(finest)} % mAP{of_annotator}; the "
        f"same network trained on the weak labels of the same {count(finest.numbers['n_train_clips'])} clips reaches "
        f"{_with_interval(weak)} %."
    )


def _windows(row: Result) -> tuple[float, float]:
    """Length of its windows and from one to the next, seconds."""
    student = row.model
    assert student is not None and student.window_seconds is not None and student.hop_seconds is not None
    return student.window_seconds, student.hop_seconds


def _with_interval(row: Result) -> str:
    return with_interval(row.numbers, "mAP")


def _heading(metric: ClipMetric) -> str:
    return metric.heading or f"{metric.name} %"


def _cell(metric: ClipMetric, numbers: Mapping[str, Any]) -> str:
    """A metric's value, with its interval if it has one."""

    def shown(value: float) -> str:
        return percent(value) if metric.digits is None else decimal(value, metric.digits)

    if metric.bootstrap:
        return with_interval(numbers, metric.name, shown)
    return DASH if numbers[metric.name] is None else shown(numbers[metric.name])
