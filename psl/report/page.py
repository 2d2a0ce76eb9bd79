"""One self-contained page: the tables as HTML, the pictures inside it as data URIs."""

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from jinja2 import Environment, FileSystemLoader, StrictUndefined

from psl.files import write_text
from psl.params import WeakStudent
from psl.pictures import data_uri
from psl.report.results import DASH, Result, headline, measured_on, table

TEMPLATE = "page.html.jinja"
Table = list[dict[str, str]]


@dataclass(frozen=True)
class Section:
    """A part of the page: a heading, a paragraph, and a table or a picture or both."""

    title: str
    text: str
    table: Table
    picture: Path | None
    description: str = ""  # of the picture, for who cannot see it


def write_page(path: Path, results: Sequence[Result], sections: Sequence[Section], parameters: Mapping[str, Any]) -> None:
    """Write the page. `parameters` are the sections of params.yaml as plain values. Same inputs, same bytes."""
    environment = Environment(
        loader=FileSystemLoader(Path(__file__).parent), autoescape=True, undefined=StrictUndefined, trim_blocks=True, lstrip_blocks=True
    )
    environment.globals.update(data_uri=data_uri, anchor=anchor)
    environment.tests["numeric"] = numeric
    text = environment.get_template(TEMPLATE).render(
        headline=headline(list(results)), sections=sections, parameters={name: flat(values) for name, values in parameters.items()}
    )
    write_text(path, text)


def results_section(results: Sequence[Result], picture: Path) -> Section:
    """The table of all models and their picture."""
    return Section("Results", measured_on(list(results)), table(list(results)), picture, "mAP of each model with its interval")


def label_counts_section(results: Sequence[Result], counts: Mapping[str, Any], picture: Path) -> Section:
    """How many labels clips get; `counts` is psl.label_report's metrics."""
    text = (
        f"{counts['n_clips']:,} training clips carry an incomplete list of weak labels. The annotator listens to windows of them and gives "
        f"every class a probability; here a class is a label of a clip if its probability exceeds {counts['threshold']:g} in some window."
    )
    many = f"with more than {counts['many']}"
    columns = {"labels a clip": ("mean", ".2f"), "with none": ("share_none", ".1%"), many: ("share_many", ".1%")}
    return Section("Labels per clip", text, _label_table(results, counts, columns), picture, "how many labels clips get")


def recovery_section(results: Sequence[Result], counts: Mapping[str, Any], picture: Path) -> Section:
    """How many of the labels that the weak list dropped come back."""
    text = (
        "Where the truth in time is known: how many of the labels that the weak list dropped the annotator finds (recall), and how many of "
        "the labels that it adds to the weak ones are true (precision)."
    )
    columns = {"dropped labels found": ("dropped_recall", ".1%"), "added labels that are true": ("dropped_precision", ".1%")}
    rows = [row for row in _label_table(results, counts, columns) if set(list(row.values())[1:]) != {DASH}]
    return Section("Missing labels recovered", text, rows, picture, "precision over recall of dropped labels for each window and threshold")


def classes_section(results: Sequence[Result], classes: Mapping[str, Sequence[Mapping[str, Any]]], picture: Path) -> Section:
    """Average precision of each class and model."""
    reached = {result.key: {row["mid"]: row["ap"] for row in classes[result.key]} for result in results}
    rows = [
        {"class": row["name"], "clips": str(row["positives"])} | {r.name: _cell(reached[r.key].get(row["mid"]), ".1%") for r in results}
        for row in sorted(classes[results[0].key], key=lambda row: (-(row["ap"] if row["ap"] is not None else -1.0), row["name"]))
    ]
    text = "Average precision of each class. Means hide much: this is where a model is good, and where its annotator leads it astray."
    return Section("Class by class", text, rows, picture, "average precision of each class for each model")


def differences_section(picture: Path) -> Section:
    """The classes in which students lead their annotator."""
    text = "Each student's average precision minus its annotator's, in points: where the student has outgrown it, and where it has not."
    return Section(
        "Student and annotator, class by class", text, [], picture, "average precision of students minus the annotator's by class"
    )


def training_section(picture: Path) -> Section:
    """The course of the trainings."""
    text = (
        "On clips held out from each model's own training list, never from the evaluation list. A model keeps the epoch with the lowest "
        "validation loss. That loss is against its own kind of targets, so the losses of different models do not compare; the mAP is "
        "against weak labels, some of which are missing, so it does not compare with the mAP above."
    )
    return Section("Training", text, [], picture, "validation mAP and loss of each model over the training steps")


def anchor(title: str) -> str:
    """A heading as the name of a link.

    >>> anchor("Labels per clip")
    'labels-per-clip'
    """
    return re.sub(r"[^a-z0-9]+", "-", title.lower()).strip("-")


def numeric(cell: str) -> bool:
    """Whether a table's cell stands to the right, with the numbers.

    >>> [numeric(cell) for cell in ("1.5", "1,900", "92 %", "PSL-2s")]
    [True, True, True, False]
    """
    return not re.search(r"[^\W\d_]", cell)


def flat(value: Any, prefix: str = "") -> dict[str, str]:
    """Nested parameters as dotted names and texts, in their order.

    >>> flat({"clips": {"eval": 258}, "events": (1, 4), "alpha": None})
    {'clips.eval': '258', 'events': '1, 4', 'alpha': 'null'}
    """
    if isinstance(value, Mapping):
        return {name: text for key, item in value.items() for name, text in flat(item, f"{prefix}.{key}" if prefix else str(key)).items()}
    if isinstance(value, list | tuple):
        return {prefix: ", ".join(str(item) for item in value) or "none"}
    return {prefix: "null" if value is None else str(value)}


def _label_table(results: Sequence[Result], counts: Mapping[str, Any], columns: Mapping[str, tuple[str, str]]) -> Table:
    labels = [(result, counts["labels"][result.key]) for result in results if result.key in counts["labels"]]
    return [
        {"labels": "weak" if isinstance(result.model, WeakStudent) else result.name}
        | {title: _cell(numbers.get(field), form) for title, (field, form) in columns.items()}
        for result, numbers in labels
    ]


def _cell(value: float | None, form: str) -> str:
    return DASH if value is None else format(value, form).replace("%", " %")
