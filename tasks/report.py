"""The stage report: the tables of results and clips, their pictures, and one page that holds everything."""

from typing import Any

from psl.detection.note import note
from psl.files import write_text
from psl.params import Params
from psl.pictures import write_picture
from psl.report.charts import class_chart, results_chart, training_chart
from psl.report.clips import clips_section, clips_table
from psl.report.detect import detect_sections
from psl.report.differences import evaluation_differences_chart
from psl.report.leaks import leaks_section
from psl.report.page import (
    Section,
    classes_section,
    differences_section,
    label_counts_section,
    recovery_section,
    results_section,
    training_section,
    write_page,
)
from psl.report.read import Rows, read_json, read_numbers
from psl.report.results import markdown, markdown_table, results
from psl.report.transfer import transfer_sections
from tasks import detect_table
from tasks.stage import REPORTS, TRAINED, run

PICTURES = ("results", "label_counts", "recovery", "per_class", "class_differences", "training", "transfer", "transfer_classes")


def work(params: Params) -> None:
    """Write results.md, clips.md, results.png, per_class.png, class_differences.png, training.png and index.html into reports/."""
    found = results(params.models, {key: read_json(REPORTS / "evaluate" / f"{key}.json") for key in params.models})
    classes = {row.key: read_numbers(REPORTS / "evaluate" / f"{row.key}_classes.csv", text=("mid", "name")) for row in found}
    histories = {row.key: read_histories(row.key, row.numbers["seeds"]) for row in found}
    counts = read_json(REPORTS / "label_counts.json")
    pictures = {name: REPORTS / f"{name}.png" for name in PICTURES}
    write_picture(pictures["results"], results_chart(found))
    write_picture(pictures["per_class"], class_chart(found, classes))
    write_picture(pictures["class_differences"], evaluation_differences_chart(found, classes))
    write_picture(pictures["training"], training_chart(found, histories))
    clips = clips_table({key: read_numbers(REPORTS / "clips" / f"{key}.csv", text=("subset", "mid", "name")) for key in params.corpora})
    write_text(REPORTS / "results.md", markdown(found))
    write_text(REPORTS / "clips.md", markdown_table(clips) + "\n")
    sections = [
        results_section(found, pictures["results"]),
        label_counts_section(found, counts, pictures["label_counts"]),
        recovery_section(found, counts, pictures["recovery"]),
        classes_section(found, classes, pictures["per_class"]),
        differences_section(pictures["class_differences"]),
        training_section(pictures["training"]),
        *transfer_sections(read_json(REPORTS / "transfer.json"), pictures["transfer"], pictures["transfer_classes"]),
        *_detection(params),
        clips_section(clips),
        leaks_section(read_json(REPORTS / "leaks.json")),
    ]
    write_page(REPORTS / "index.html", found, sections, shown_parameters(params))


def _detection(params: Params) -> list[Section]:
    """What detect_table made, as sections of the page."""
    rows = detect_table.read_detected(params.models, params.detectors, params.ensembles)
    text = note(rows, params.detect, params.sizes, params.train_student)
    return detect_sections(rows, text, {name: REPORTS / f"{name}.png" for name in detect_table.PICTURES})


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
        "transfer": params.transfer.model_dump(),
        "sizes": _plain(params.sizes),
        "ensembles": _plain(params.ensembles),
        "detect": params.detect.model_dump(),
    }


def read_histories(key: str, seeds: list[int]) -> dict[int, Rows]:
    """The course of each seed's training."""
    return {seed: read_numbers(TRAINED / key / f"seed{seed}" / "history.csv") for seed in seeds}


def _plain(section: Any) -> dict[str, Any]:
    return {key: value.model_dump() for key, value in section.items()}


if __name__ == "__main__":
    run("report", work)
