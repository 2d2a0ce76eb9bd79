"""The stage detect_table: all detectors in one table, and pictures of one of them."""

from collections.abc import Sequence
from typing import Any

from psl.config import Params
from psl.evaluation.detection.evaluate import truth_of_scores
from psl.evaluation.detection.evaluation_data import evaluation_data
from psl.evaluation.detection.metrics.psds import criteria_for, psds
from psl.evaluation.detection.score_file import read_score_files
from psl.evaluation.detection.timelines import busiest, timeline
from psl.io.csv_tables import write_dicts
from psl.io.files import write_json, write_text
from psl.report.detection_charts import TITLES, classes_chart, roc_chart, timelines_chart
from psl.report.detection_note import detection_note
from psl.report.detection_table import (
    DetectorResult,
    csv_columns,
    csv_rows,
    detection_markdown,
    detector_results,
    dvc_metrics,
    evaluated,
)
from psl.report.model_names import all_models
from psl.report.pictures import empty_chart, write_picture
from psl.report.read import Rows, read_json, read_numbers
from tasks.stage import DETECTED, METADATA, REPORTS, run

PICTURES = ("detect_classes", "detect_roc", "detect_timelines")


def work(params: Params) -> None:
    """Write detect.md, .csv and .json, detect_classes.png, detect_roc.png and detect_timelines.png into reports/."""
    rows = read_results(params)
    text = detection_note(rows, params.detect, params.students, params.train_student)
    write_text(REPORTS / "detect.md", detection_markdown(rows, text))
    write_dicts(REPORTS / "detect.csv", csv_columns(), csv_rows(rows))
    write_json(REPORTS / "detect.json", dvc_metrics(rows))
    for name, spec in pictures(params, rows, text).items():
        write_picture(REPORTS / f"{name}.png", spec)


def read_results(params: Params) -> list[DetectorResult]:
    """Every detector with its numbers, in the order of the table."""
    models = all_models(params.students)
    numbers = {key: read_json(REPORTS / "detect" / f"{key}.json") for key in (*models, *params.ensembles)}
    return detector_results(models, params.ensembles, numbers)


def pictures(params: Params, rows: Sequence[DetectorResult], text: str) -> dict[str, dict[str, Any]]:
    """The pictures' specifications; each says `text` when no detector was evaluated."""
    results = evaluated(rows)
    if not results:
        return {name: empty_chart(text) for name in PICTURES}
    classes: dict[str, Rows] = {
        row.key: read_numbers(REPORTS / "detect" / f"{row.key}_classes.csv", text=("mid", "name")) for row in results
    }
    settings, name = params.detect, next(row.name for row in rows if row.key == params.detect.plotted_detector)
    files = read_score_files(DETECTED / settings.plotted_detector)
    data = evaluation_data(files, truth_of_scores(files, METADATA / settings.corpus, settings), settings)
    seed, scores = next(iter(data.scores.items()))  # a picture shows one network
    name += f", seed {seed}" if len(files) > 1 else ""
    names = files[seed].classes.names
    curves = {
        TITLES[field]: psds(scores, data.ground_truth, criteria)
        for field, criteria in criteria_for(data.ground_truth).items()
    }
    clips = [
        timeline(clip_id, scores, data.ground_truth, names)
        for clip_id in busiest(data.ground_truth, settings.plotted_clips)
    ]
    return {
        "detect_classes": classes_chart(results, classes),
        "detect_roc": roc_chart(name, curves, names),
        "detect_timelines": timelines_chart(name, clips),
    }


if __name__ == "__main__":
    run("detect_table", work)
