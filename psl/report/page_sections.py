"""The page's sections on results, labels, classes and training."""

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from psl.report.model_names import WEAK
from psl.report.results import Result, measured_on, results_table
from psl.report.sections import Section
from psl.report.tables import DASH, Table


def results_section(results: Sequence[Result], picture: Path) -> Section:
    """The table of all models and their picture."""
    return Section(
        "Results", measured_on(results), results_table(results), picture, "mAP of each model with its interval"
    )


def label_counts_section(results: Sequence[Result], counts: Mapping[str, Any], picture: Path) -> Section:
    """How many labels clips get; `counts` is psl.labels.summary's metrics."""
    text = (
        f"{counts['n_clips']:,} training clips carry an incomplete list of weak labels. The annotator listens to "
        "windows of them and gives every class a probability; here a class is a label of a clip if its probability "
        f"exceeds {counts['threshold']:g} in some window."
    )
    many_labels = f"with more than {counts['many']}"
    columns = {"labels a clip": ("mean", ".2f"), "with none": ("share_none", ".1%"), many_labels: ("share_many", ".1%")}
    truth = counts.get("truth")
    if truth is not None:
        text += (
            f" Where events are annotated, in {truth['n_clips']:,} of these clips, labels are held against them: how "
            "many of a clip's labels are right, and how many of its true ones are among them."
        )
        columns |= {"of these right": ("precision", ".1%"), "of the true ones found": ("recall", ".1%")}
    rows = _label_table(results, counts, columns)
    if truth is not None:
        rows = [_label_row("true", truth | {"precision": 1.0, "recall": 1.0}, columns), *rows]
    return Section("Labels per clip", text, rows, picture, "how many labels clips get")


def recovery_sections(results: Sequence[Result], counts: Mapping[str, Any], picture: Path) -> list[Section]:
    """How many of the labels that the weak list dropped come back; no section where the truth in time is not known."""
    text = (
        "Where the truth in time is known: how many of the labels that the weak list dropped the annotator finds "
        "(recall), and how many of the labels that it adds to the weak ones are true (precision). Classes that it does "
        "not have count as not found."
    )
    columns = {
        "dropped labels found": ("dropped_recall", ".1%"),
        "added labels that are true": ("dropped_precision", ".1%"),
    }
    rows = [row for row in _label_table(results, counts, columns) if set(list(row.values())[1:]) != {DASH}]
    description = "precision over recall of dropped labels for each window and threshold"
    return [Section("Missing labels recovered", text, rows, picture, description)] if rows else []


def classes_section(
    results: Sequence[Result], classes: Mapping[str, Sequence[Mapping[str, Any]]], picture: Path
) -> Section:
    """Average precision of each class and model."""
    reached = {result.key: {row["mid"]: row["ap"] for row in classes[result.key]} for result in results}
    rows = [
        {"class": row["name"], "clips": str(row["positives"])}
        | {r.name: _cell(reached[r.key].get(row["mid"]), ".1%") for r in results}
        for row in sorted(
            classes[results[0].key], key=lambda row: (-(row["ap"] if row["ap"] is not None else -1.0), row["name"])
        )
    ]
    text = (
        "Average precision of each class. Means hide much: this is where a model is good, and where its annotator "
        "leads it astray."
    )
    return Section("Class by class", text, rows, picture, "average precision of each class for each model")


def differences_section(picture: Path) -> Section:
    """The classes in which students lead their annotator."""
    text = (
        "Each student's average precision minus its annotator's, in points: where the student has outgrown it, and "
        "where it has not."
    )
    return Section(
        "Student and annotator, class by class",
        text,
        [],
        picture,
        "average precision of students minus the annotator's by class",
    )


def training_section(picture: Path) -> Section:
    """The course of the trainings."""
    text = (
        "On clips held out from each model's own training list, never from the evaluation list. A model keeps the "
        "weights with the lowest validation loss. That loss is against its own kind of targets, so the losses of "
        "different models do not compare; the mAP is against weak labels, some of which are missing, so it does not "
        "compare with the mAP above."
    )
    return Section("Training", text, [], picture, "validation mAP and loss of each model over the training steps")


def _label_table(results: Sequence[Result], counts: Mapping[str, Any], columns: Mapping[str, tuple[str, str]]) -> Table:
    labels = [(result, counts["labels"][result.key]) for result in results if result.key in counts["labels"]]
    return [_label_row("weak" if result.name == WEAK else result.name, numbers, columns) for result, numbers in labels]


def _label_row(name: str, numbers: Mapping[str, Any], columns: Mapping[str, tuple[str, str]]) -> dict[str, str]:
    return {"labels": name} | {title: _cell(numbers.get(field), form) for title, (field, form) in columns.items()}


def _cell(value: float | None, form: str) -> str:
    return DASH if value is None else format(value, form).replace("%", " %")
