"""The stage detect_table: all detectors in one table, and pictures of one of them."""

from collections.abc import Mapping, Sequence
from typing import Any

from psl.detection.judge import known_truth
from psl.detection.measured import criteria_for
from psl.detection.note import note
from psl.detection.prepared import prepare
from psl.detection.score_files import read_seeds
from psl.detection.table import CSV_FIELDS, Detected, csv_rows, detected, markdown, metrics, scored
from psl.detection.timelines import busiest, timeline
from psl.files import write_json, write_text
from psl.metrics.psds import psds
from psl.model_names import Model
from psl.params import Detector, Ensemble, Params
from psl.pictures import write_picture
from psl.report.detect import TITLES, classes_chart, nothing_chart, roc_chart, timelines_chart
from psl.report.read import Rows, read_json, read_numbers
from psl.report.results import in_order, model_colours
from psl.tables import write_dicts
from tasks.stage import DETECTED, METADATA, REPORTS, run

PICTURES = ("detect_classes", "detect_roc", "detect_timelines")


def work(params: Params) -> None:
    """Write detect.md, .csv and .json, detect_classes.png, detect_roc.png and detect_timelines.png into reports/."""
    rows = read_detected(params.models, params.detectors, params.ensembles)
    text = note(rows, params.detect, params.sizes, params.train_student)
    write_text(REPORTS / "detect.md", markdown(rows, text))
    write_dicts(REPORTS / "detect.csv", ("key", "name", *CSV_FIELDS), csv_rows(rows))
    write_json(REPORTS / "detect.json", metrics(rows))
    for name, spec in pictures(params, rows, text).items():
        write_picture(REPORTS / f"{name}.png", spec)


def read_detected(models: Mapping[str, Model], detectors: Mapping[str, Detector], ensembles: Mapping[str, Ensemble]) -> list[Detected]:
    """Every detector with its numbers, in the order of the table."""
    colours = {key: model_colours(models)[key] for key in in_order(models)}
    numbers = {key: read_json(REPORTS / "detect" / f"{key}.json") for key in (*detectors, *ensembles)}
    return detected(colours, detectors, ensembles, numbers)


def pictures(params: Params, rows: Sequence[Detected], text: str) -> dict[str, dict[str, Any]]:
    """The pictures' specifications; each says `text` when nothing was held against a truth."""
    there = scored(rows)
    if not there:
        return {name: nothing_chart(text) for name in PICTURES}
    classes: dict[str, Rows] = {row.key: read_numbers(REPORTS / "detect" / f"{row.key}_classes.csv", text=("mid", "name")) for row in there}
    settings, name = params.detect, next(row.name for row in rows if row.key == params.detect.shown)
    files = read_seeds(DETECTED / settings.shown)
    ready = prepare(files, known_truth(files, METADATA / settings.corpus, settings), settings)
    seed, scores = next(iter(ready.scores.items()))  # a picture shows one network
    name += f", seed {seed}" if len(files) > 1 else ""
    names = files[seed].classes.names
    found = {TITLES[field]: psds(scores, ready.truth, criteria) for field, criteria in criteria_for(ready.truth).items()}
    clips = [timeline(clip_id, scores, ready.truth, names) for clip_id in busiest(ready.truth, settings.shown_clips)]
    return {
        "detect_classes": classes_chart(there, classes),
        "detect_roc": roc_chart(name, found, names),
        "detect_timelines": timelines_chart(name, clips),
    }


if __name__ == "__main__":
    run("detect_table", work)
