"""The stage report: the tables of results and clips, their pictures, and one page that holds everything."""

from typing import Any

from psl.config import Params
from psl.io.files import write_text
from psl.report.charts import class_chart, evaluation_differences_chart, results_chart, training_chart
from psl.report.clips import clips_section, clips_table
from psl.report.detection_note import detection_note
from psl.report.detection_sections import detect_sections
from psl.report.model_names import all_models
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
from psl.report.pictures import write_picture
from psl.report.read import Rows, read_json, read_numbers
from psl.report.results import headline, results, results_markdown
from psl.report.sections import Section
from psl.report.tables import markdown_table
from psl.report.transfer import transfer_sections
from tasks import detect_table
from tasks.stage import REPORTS, TRAINED, run

PICTURES = (
    "results",
    "label_counts",
    "recovery",
    "per_class",
    "class_differences",
    "training",
    "transfer",
    "transfer_classes",
)


def work(params: Params) -> None:
    """Write results.md, clips.md, the pictures of results, classes, differences and training, and index.html."""
    models = all_models(params.students)
    rows = results(models, {key: read_json(REPORTS / "evaluate" / f"{key}.json") for key in models})
    classes = {
        row.key: read_numbers(REPORTS / "evaluate" / f"{row.key}_classes.csv", text=("mid", "name")) for row in rows
    }
    histories = {row.key: read_histories(row.key, row.numbers["seeds"]) for row in rows}
    counts = read_json(REPORTS / "label_counts.json")
    pictures = {name: REPORTS / f"{name}.png" for name in PICTURES}
    write_picture(pictures["results"], results_chart(rows))
    write_picture(pictures["per_class"], class_chart(rows, classes))
    write_picture(pictures["class_differences"], evaluation_differences_chart(rows, classes))
    write_picture(pictures["training"], training_chart(rows, histories))
    clips = clips_table(
        {key: read_numbers(REPORTS / "clips" / f"{key}.csv", text=("subset", "mid", "name")) for key in params.corpora}
    )
    write_text(REPORTS / "results.md", results_markdown(rows))
    write_text(REPORTS / "clips.md", markdown_table(clips) + "\n")
    sections = [
        results_section(rows, pictures["results"]),
        label_counts_section(rows, counts, pictures["label_counts"]),
        *recovery_sections(rows, counts, pictures["recovery"]),
        classes_section(rows, classes, pictures["per_class"]),
        differences_section(pictures["class_differences"]),
        training_section(pictures["training"]),
        *transfer_sections(read_json(REPORTS / "transfer.json"), pictures["transfer"], pictures["transfer_classes"]),
        *_detection(params),
        clips_section(clips),
        leaks_section(read_json(REPORTS / "leaks.json")),
    ]
    write_page(REPORTS / "index.html", headline(rows), sections, shown_parameters(params))


def _detection(params: Params) -> list[Section]:
    """What detect_table made, as sections of the page."""
    rows = detect_table.read_results(params)
    text = detection_note(rows, params.detect, params.students, params.train_student)
    return detect_sections(rows, text, {name: REPORTS / f"{name}.png" for name in detect_table.PICTURES})


def shown_parameters(params: Params) -> dict[str, Any]:
    """The sections of the parameters that the page shows, as plain values."""
    return {
        "corpus": {"": params.corpus},
        "corpora": _plain(params.corpora),
        "front_end": params.front_end.model_dump(),
        "leaks": params.leaks.model_dump(),
        "train_annotator": params.train_annotator.model_dump(),
        "annotate": params.annotate.model_dump(),
        "students": {key: student.model_dump(exclude_none=True) for key, student in params.students.items()},
        "train_student": params.train_student.model_dump(),
        "label_counts": params.label_counts.model_dump(),
        "evaluate": params.evaluate.model_dump(),
        "transfer": params.transfer.model_dump(),
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
