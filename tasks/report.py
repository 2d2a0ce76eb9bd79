"""The stage report: the tables of results and clips, their pictures, and one page that holds everything."""

from collections.abc import Iterable, Mapping
from dataclasses import replace
from pathlib import Path
from typing import Any

from psl.annotators.record import read_record
from psl.config import ANNOTATOR, Params
from psl.evaluation.tagging.summary import OF_WINDOWS
from psl.io.files import write_text
from psl.labels.counts import LabelCount
from psl.labels.label_sets import label_sets
from psl.labels.truth import TRUTH
from psl.report.annotators import annotators_section, used_annotators
from psl.report.calibration import calibration_section
from psl.report.calibration_chart import reliability_chart
from psl.report.charts import class_chart, evaluation_differences_chart, results_chart, training_chart
from psl.report.clips import clips_section, clips_table
from psl.report.detection_note import detection_note
from psl.report.detection_sections import detect_sections
from psl.report.detection_table import DetectorResult, evaluated, lacks_classes
from psl.report.dvc_plots import plot_tables, write_metrics, write_tables
from psl.report.failures import failures, failures_markdown, failures_section
from psl.report.label_shares import label_shares
from psl.report.lineage import lineage_section
from psl.report.model_names import TRUE, WEAK, all_models, display_name
from psl.report.order import compare_rows, order_markdown, order_sections
from psl.report.overlap import leaks_section
from psl.report.page import write_page
from psl.report.page_sections import (
    classes_section,
    differences_section,
    label_counts_section,
    recovery_sections,
    results_section,
    training_section,
)
from psl.report.pairs import pairs, pairs_section
from psl.report.pictures import write_picture
from psl.report.read import Rows, read_json, read_numbers
from psl.report.results import BY_WINDOWS, Result, headline, results, results_markdown
from psl.report.sections import Section
from psl.report.tables import markdown_table
from psl.report.transfer import transfer_sections
from psl.report.windows import window_chart, windows_section
from tasks import detect_table
from tasks.stage import ANNOTATORS, BOOTSTRAP, REPORTS, TRAINED, run

PICTURES = (
    "results",
    "label_counts",
    "recovery",
    "windows",
    "per_class",
    "class_differences",
    "training",
    "transfer",
    "transfer_classes",
)
ORDERS = (  # title, metric, heading
    ("What is settled", "mAP", "mAP"),
    ("What is settled by windows", OF_WINDOWS, BY_WINDOWS),
)


def work(params: Params) -> None:
    """Write results.md, clips.md, the pictures of results, classes, differences and training, and index.html."""
    models = all_models(params.students)
    annotator = params.annotate.annotator
    rows = results(models, {key: read_json(REPORTS / "evaluate" / f"{key}.json") for key in models}, annotator)
    classes = {
        row.key: read_numbers(REPORTS / "evaluate" / f"{row.key}_classes.csv", text=("mid", "name")) for row in rows
    }
    histories: dict[str, dict[int, Rows]] = {row.key: read_histories(row.key, row.numbers["seeds"]) for row in rows}
    counts = read_json(REPORTS / "label_counts.json")
    samples = _samples("evaluate", "mAP", models)
    pictures = {name: REPORTS / f"{name}.svg" for name in PICTURES}
    for name, spec in {
        "results": results_chart(rows),
        "windows": window_chart(rows),
        "per_class": class_chart(rows, classes),
        "class_differences": evaluation_differences_chart(rows, classes, annotator),
        "training": training_chart(rows, histories),
    }.items():
        write_picture(REPORTS / f"{name}.png", spec)
    write_tables(REPORTS / "plots", plot_tables(rows, classes, histories, _label_shares(params, counts)))
    write_metrics(REPORTS / "metrics.json", rows)
    clips = clips_table(
        {key: read_numbers(REPORTS / "clips" / f"{key}.csv", text=("subset", "mid", "name")) for key in params.corpora}
    )
    orders = {
        title: compare_rows(
            rows, _samples("evaluate", metric, models), metric, heading, confidence=params.evaluate.confidence
        )
        for title, metric, heading in ORDERS
    }
    failed = failures(rows, classes, counts)
    order = "".join(map(order_markdown, orders.values()))
    write_text(REPORTS / "results.md", results_markdown(rows) + order + failures_markdown(failed))
    write_text(REPORTS / "clips.md", markdown_table(clips) + "\n")
    sections = [
        *failures_section(failed),
        results_section(rows, pictures["results"]),
        *(section for title, found in orders.items() for section in order_sections(title, found)),
        *pairs_section(pairs(rows, samples, confidence=params.evaluate.confidence)),
        *windows_section(rows, pictures["windows"]),
        annotators_section({key: read_record(ANNOTATORS / key) for key in used_annotators(params)}),
        _calibration(params),
        label_counts_section(rows, counts, pictures["label_counts"]),
        *recovery_sections(rows, counts, pictures["recovery"]),
        classes_section(rows, classes, pictures["per_class"]),
        differences_section(pictures["class_differences"]),
        training_section(pictures["training"]),
        *transfer_sections(read_json(REPORTS / "transfer.json"), pictures["transfer"], pictures["transfer_classes"]),
        *detection(params, rows),
        clips_section(clips),
        leaks_section(read_json(REPORTS / "leaks.json")),
        lineage_section(_numbers(params)),
    ]
    write_page(REPORTS / "index.html", headline(rows), sections, shown_parameters(params))


def _calibration(params: Params) -> Section:
    """How the annotator fares at each window length, and its picture."""
    names = {
        key: display_name(key, params.students[key]) for key in label_sets(params.students, params.annotate.annotator)
    }
    reports = {key: read_json(REPORTS / "calibrate" / f"{key}.json") for key in names}
    write_picture(REPORTS / "calibration.png", reliability_chart(reports, names))
    return calibration_section(reports, names, REPORTS / "calibration.svg", learnt=params.train_student.calibrated)


def detection(params: Params, models: list[Result]) -> list[Section]:
    """What detect_table made, as sections of the page, and which detectors are better than others."""
    rows = detect_table.read_results(params)
    text = detection_note(rows, params.detect, params.students, params.train_student)
    pictures = {name: REPORTS / f"{name}.svg" for name in detect_table.PICTURES}
    return detect_sections(rows, text, pictures) + _detection_order(params, rows, models)


def _detection_order(params: Params, rows: list[DetectorResult], models: list[Result]) -> list[Section]:
    """Which of the models are better at detection, of those that have a PSDS-2 on all the classes."""
    compared = [row for row in evaluated(rows) if row.numbers["psds2"] is not None and not lacks_classes(row, rows)]
    numbers = {row.key: row.numbers for row in compared}
    detectors = [replace(model, numbers=numbers[model.key]) for model in models if model.key in numbers]
    samples = _samples("detect", "psds2", [detector.key for detector in detectors])
    order = compare_rows(detectors, samples, "psds2", "PSDS-2", confidence=params.detect.confidence)
    return order_sections("What is settled in detection", order)


def _label_shares(params: Params, counts: Mapping[str, Any]) -> Rows:
    """What DVC's plot of label counts draws, from the table of the stage label_counts."""
    sets = label_sets(params.students, params.annotate.annotator)
    names = {TRUTH: TRUE, "weak": WEAK} | {key: display_name(key, student) for key, student in sets.items()}
    rows = [LabelCount(**row) for row in read_numbers(REPORTS / "label_counts.csv", text=("labels", "unit"))]
    return label_shares(rows, names, counts["threshold"], counts["many"])


def _numbers(params: Params) -> dict[str, Path]:
    """The files of numbers that the page shows, by the names of the stages that wrote them."""
    sets = label_sets(params.students, params.annotate.annotator)
    keyed = {
        **{f"features@{key}": f"clips/{key}.csv" for key in params.corpora},
        **{f"calibrate@{key}": f"calibrate/{key}.json" for key in sets},
        **{f"evaluate@{key}": f"evaluate/{key}.json" for key in params.students},
        **{f"detect@{key}": f"detect/{key}.json" for key in params.students},
        **{f"detect_ensemble@{key}": f"detect/{key}.json" for key in params.ensembles},
    }
    alone = {"evaluate_annotator": "evaluate/annotator.json", "detect_annotator": "detect/annotator.json"}
    tables = {"leaks": "leaks.json", "label_counts": "label_counts.json", "transfer_table": "transfer.json"}
    return {stage: REPORTS / name for stage, name in (tables | alone | keyed).items()}


def _samples(stage: str, metric: str, keys: Iterable[str]) -> dict[str, list[float | None]]:
    """A metric's values on the bootstrap samples, by model."""
    return {key: read_json(BOOTSTRAP / stage / f"{key}.json")[metric] for key in keys}


def shown_parameters(params: Params) -> dict[str, Any]:
    """The sections of the parameters that the page shows, as plain values."""
    return {
        "corpus": {"": params.corpus},
        "corpora": _plain(params.corpora),
        "front_end": params.front_end.model_dump(),
        "leaks": params.leaks.model_dump(),
        "train_annotator": params.train_annotator.model_dump(),
        "annotators": {key: entry.model_dump(exclude_unset=True) for key, entry in params.annotators.items()},
        "annotator_ensembles": _plain(params.annotator_ensembles),
        "annotate": params.annotate.model_dump(),
        "calibrate": params.calibrate.model_dump(),
        "students": {key: student.model_dump(exclude_none=True) for key, student in params.students.items()},
        "train_student": params.train_student.model_dump(),
        "label_counts": params.label_counts.model_dump(),
        "evaluate": params.evaluate.model_dump(),
        "transfer": params.transfer.model_dump(),
        "ensembles": _plain(params.ensembles),
        "detect": params.detect.model_dump(),
    }


def read_histories(key: str, seeds: list[int]) -> dict[int, Rows]:
    """The course of each seed's training; none for an annotator that was not trained here."""
    paths = {seed: TRAINED / key / f"seed{seed}" / "history.csv" for seed in seeds}
    foreign = key == ANNOTATOR and not any(path.exists() for path in paths.values())
    return {} if foreign else {seed: read_numbers(path) for seed, path in paths.items()}


def _plain(section: Any) -> dict[str, Any]:
    return {key: value.model_dump() for key, value in section.items()}


if __name__ == "__main__":
    run("report", work)
