"""The stage report: the results table, its pictures, and one page that holds everything."""

import csv
import json
import math
from pathlib import Path
from typing import Any

from psl.errors import PslError
from psl.files import write_whole
from psl.params import Params
from psl.pictures import write_picture
from psl.report.charts import class_chart, results_chart, training_chart
from psl.report.leaks import leaks_section
from psl.report.page import classes_section, label_counts_section, recovery_section, results_section, training_section, write_page
from psl.report.results import markdown, results
from tasks.stage import REPORTS, TRAINED, run

Rows = list[dict[str, Any]]


def work(params: Params) -> None:
    """Write results.md, results.png, per_class.png, training.png and index.html into reports/."""
    found = results(params.models, {key: read_json(REPORTS / "evaluate" / f"{key}.json") for key in params.models})
    classes = {row.key: read_numbers(REPORTS / "evaluate" / f"{row.key}_classes.csv", text=("mid", "name")) for row in found}
    histories = {row.key: read_histories(row.key, row.numbers["seeds"]) for row in found}
    counts = read_json(REPORTS / "label_counts.json")
    pictures = {name: REPORTS / f"{name}.png" for name in ("results", "label_counts", "recovery", "per_class", "training")}
    write_picture(pictures["results"], results_chart(found))
    write_picture(pictures["per_class"], class_chart(found, classes))
    write_picture(pictures["training"], training_chart(found, histories))
    with write_whole(REPORTS / "results.md") as temporary:
        temporary.write_text(markdown(found), encoding="utf-8")
    sections = [
        results_section(found, pictures["results"]),
        label_counts_section(found, counts, pictures["label_counts"]),
        recovery_section(found, counts, pictures["recovery"]),
        classes_section(found, classes, pictures["per_class"]),
        training_section(pictures["training"]),
        leaks_section(read_json(REPORTS / "leaks.json")),
    ]
    write_page(REPORTS / "index.html", found, sections, shown_parameters(params))


def shown_parameters(params: Params) -> dict[str, Any]:
    """The sections of the parameters that the page shows, as plain values."""
    return {
        "corpora": _plain(params.corpora),
        "front_end": params.front_end.model_dump(),
        "leaks": params.leaks.model_dump(),
        "models": _plain(params.models),
        "train_annotator": params.train_annotator.model_dump(),
        "annotate": params.annotate.model_dump(),
        "train_student": params.train_student.model_dump(),
        "label_counts": params.label_counts.model_dump(),
        "evaluate": params.evaluate.model_dump(),
    }


def read_json(path: Path) -> dict[str, Any]:
    """A report of an earlier stage. Raises PslError when it is not there."""
    try:
        value: dict[str, Any] = json.loads(path.read_text(encoding="utf-8"))
    except FileNotFoundError:
        raise PslError(f"{path} does not exist: run the stage that writes it (`dvc repro`)") from None
    return value


def read_numbers(path: Path, text: tuple[str, ...] = ()) -> Rows:
    """The rows of a CSV file, every column but those of `text` as numbers; None for an empty cell and for nan."""
    try:
        with path.open(newline="", encoding="utf-8") as handle:
            return [{name: cell if name in text else _number(cell) for name, cell in row.items()} for row in csv.DictReader(handle)]
    except FileNotFoundError:
        raise PslError(f"{path} does not exist: run the stage that writes it (`dvc repro`)") from None


def read_histories(key: str, seeds: list[int]) -> dict[int, Rows]:
    """The course of each seed's training."""
    return {seed: read_numbers(TRAINED / key / f"seed{seed}" / "history.csv") for seed in seeds}


def _number(cell: str) -> float | int | None:
    value = float(cell) if cell else math.nan
    return None if math.isnan(value) else int(cell) if cell.lstrip("-").isdigit() else value


def _plain(section: Any) -> dict[str, Any]:
    return {key: value.model_dump() for key, value in section.items()}


if __name__ == "__main__":
    run("report", work)
