"""The table of detectors, its note, its pictures and its sections of the page."""

import numpy as np
import pytest
from detection_toy import DEFAULT, params

from psl.config import Detect
from psl.evaluation.detection.metrics.ground_truth import Event, FrameScores, GroundTruth
from psl.evaluation.detection.metrics.psds import PSDS1, PSDS2, psds
from psl.evaluation.detection.timelines import busiest, timeline
from psl.report.detection_charts import NAMED_CURVES, classes_chart, roc_chart, timelines_chart
from psl.report.detection_note import detection_note
from psl.report.detection_sections import detect_sections
from psl.report.detection_table import (
    csv_rows,
    detection_markdown,
    detection_table,
    detector_results,
    dvc_metrics,
)
from psl.report.pictures import empty_chart
from psl.runtime.errors import PslError

NUMBERS = {
    "psds1": 0.361,
    "psds1_low": 0.3,
    "psds1_high": 0.4,
    "psds2": 0.643,
    "psds2_low": 0.6,
    "psds2_high": 0.7,
    "score": 1.1607,
    "score_low": 1.1,
    "score_high": 1.219,
    "collar_f": 0.25,
    "collar_f_low": 0.2,
    "collar_f_high": 0.3,
    "segment_f": None,
    "segment_f_low": None,
    "segment_f_high": None,
    "n_parameters": 2_000_000,
    "n_bytes": 8_100_000,
    "n_networks": 1,
    "confidence": 0.95,
    "step_s": 0.064,
    "n_clips": 1168,
    "n_clips_without_events": 15,
    "n_clips_unread": 0,
    "n_clips_too_short": 2,
    "n_clips_not_annotated": 0,
    "n_clips_excluded": 0,
    "n_clips_development": 0,
    "n_clips_of_other_classes": 0,
    "n_events": 4224,
    "n_events_of_other_classes": 0,
    "n_events_cut": 0,
    "n_classes": 10,
    "classes_left_out": [],
    "classes_unknown": ["Frying"],
    "truth_hash": "0a",
}
MODELS = {key: DEFAULT.students[key] for key in ("S1", "weak", "2")}
TWO = {"2": MODELS["2"]}
ENSEMBLES = {"all": DEFAULT.ensembles["windows"]}
ROWS = detector_results(MODELS, ENSEMBLES, {**dict.fromkeys(MODELS, NUMBERS), "all": NUMBERS | {"n_networks": 3}})
STEPS = params().detect
CLASSES = [
    {"mid": "a", "name": "Dog", "events": 3, "psds1": 0.1, "psds2": 0.2},
    {"mid": "b", "name": "Cat", "events": 5, "psds1": 0.2, "psds2": 0.4},
    {"mid": "c", "name": "Rain", "events": 0, "psds1": None, "psds2": None},
]


def note_of(settings: Detect = STEPS, numbers: dict = NUMBERS) -> str:
    return detection_note(detector_results(TWO, {}, {"2": numbers}), settings, DEFAULT.students, DEFAULT.train_student)


def test_the_table_has_the_posters_columns_and_a_dash_for_what_is_not_known():
    cells = (
        "Weak labels",
        "2.00",
        "8.10",
        "36.1 (30.0 \u2013 40.0)",
        "64.3 (60.0 \u2013 70.0)",
        "1.16 (1.10 \u2013 1.22)",
        "yes",
        "25.0 (20.0 \u2013 30.0)",
        "\u2013",
    )
    assert tuple(detection_table(ROWS)[0].values()) == cells


def test_the_table_has_a_row_and_a_colour_for_each_detector():
    table = detection_table(ROWS)
    assert [row["Detector"] for row in table] == ["Weak labels", "PSL-2s", "S1", "Ensemble: all"]
    assert len({row.colour for row in ROWS}) == 4 and table[3]["single model"] == "no, 3"
    assert len({line.count("|") for line in detection_markdown(ROWS, "note").splitlines()[:6]}) == 1


def test_numbers_for_programs_are_not_rounded_and_leave_nothing_out():
    assert csv_rows(ROWS)[2]["psds1"] == 0.361 and csv_rows(ROWS)[2]["n_bytes"] == 8_100_000
    assert dvc_metrics(ROWS)["S1"] == {"psds1": 0.361, "psds2": 0.643, "score": 1.1607}


@pytest.mark.parametrize(
    ("changes", "sentence"),
    [
        ({}, "1,168 clips (scenes, eval), 4,224 events of 10 classes; clips without events are kept (15 of them)"),
        ({}, "2 clips that are shorter than their events are left out; classes the models do not know: Frying"),
        ({"n_clips_excluded": 3}, "3 clips that leak from training are left out"),
        ({"n_events_of_other_classes": 1200}, "; 1,200 events of other classes are left out; classes the"),
        (
            {"n_events_of_other_classes": 7, "n_clips_of_other_classes": 3},
            "7 events of other classes are left out, and 3 clips that have only such are kept: what is detected there "
            "is false",
        ),
        ({"n_events_cut": 16}, "; 16 events end up to 0.2 s after their clip and are cut there; classes the"),
        ({"classes_left_out": ["Gong", "Rain"]}, " Left out, having no event: Gong, Rain. Scores: "),
        ({"n_classes": 1}, " PSDS-2 and the DCASE score need events of two classes. Scores: "),
        ({}, "Scores: the networks' own time steps; no median filter."),
        ({}, "PSDS-1 over 31.5 % and PSDS-2 over 54.7 %"),
        ({"step_s": 1.28}, "Scores change every 1.28 s at most: PSDS-1"),
    ],
)
def test_the_note_gives_the_numbers_of_the_evaluation(changes, sentence):
    assert sentence in note_of(numbers=NUMBERS | changes)


@pytest.mark.parametrize(
    ("settings", "sentence"),
    [
        (params(empty_files="drop").detect, "clips without events are dropped"),
        (
            DEFAULT.detect,
            "windows of 2 s every 0.2 s, averaged where they overlap; a median filter of 1 s, that is 3 steps of "
            "0.5 s.",
        ),
        (params(median_seconds=0.45).detect, "of 0.45 s, that is 1 step of 0.5 s (1 step filters nothing)."),
        (
            params(median_seconds=None, median_candidates_seconds=(0.0, 1.5), development_share=0.3).detect,
            "each class's best of 0, 1.5 s, that is 1, 3 steps of 0.5 s (1 step filters nothing), on 350 other clips",
        ),
    ],
)
def test_the_note_gives_the_settings(settings, sentence):
    assert sentence in note_of(settings, NUMBERS | {"n_clips_development": 350, "step_s": 0.5})


def test_the_note_names_students_of_shorter_courses():
    students = DEFAULT.students | {"S1": DEFAULT.students["S1"].model_copy(update={"max_steps": 102})}
    rows = detector_results(TWO, {}, {"2": NUMBERS})
    assert "Trained for fewer steps" not in note_of()
    assert "Trained for fewer steps than the students' 544: S1 for 102." in detection_note(
        rows, STEPS, students, DEFAULT.train_student
    )


def test_a_corpus_without_strong_labels_has_a_note():
    assert "has no strong labels" in note_of(numbers={"n_clips": 0})


def test_the_note_gives_each_length_of_steps():
    numbers = {"2": NUMBERS | {"step_s": 0.5}, "weak": NUMBERS | {"step_s": 1.25}}
    rows = detector_results({key: MODELS[key] for key in numbers}, {}, numbers)
    text = detection_note(rows, DEFAULT.detect, DEFAULT.students, DEFAULT.train_student)
    assert "of 1 s, that is 3 steps of 0.5 s or 1 step of 1.25 s (1 step filters nothing)." in text
    assert "change every 1.25 s" in text


@pytest.mark.parametrize(
    ("other", "first_value", "value"),
    [({"n_events": 4000}, "4224", "4000"), ({"truth_hash": "ff"}, "0a", "ff"), ({"n_clips": 0}, "1168", "0")],
)
def test_detectors_that_do_not_compare_are_a_sentence(other, first_value, value):
    (field,) = other
    numbers = dict.fromkeys((*MODELS, "all"), NUMBERS) | {"2": NUMBERS | other}
    message = (
        rf"Weak labels \({field} {first_value}\) and PSL-2s \({field} {value}\) "
        "were not evaluated on the same ground truth"
    )
    with pytest.raises(PslError, match=message):
        detector_results(MODELS, ENSEMBLES, numbers)


def test_an_annotator_without_some_classes_is_shown_and_the_note_says_what_it_lacks():
    lacking = {"n_classes": 8, "classes_unknown": ["Frying", "Can", "Sink"], "truth_hash": "ff", "n_events": 4000}
    models = {"annotator": None, **TWO}
    rows = detector_results(models, {}, {"annotator": NUMBERS | lacking, "2": NUMBERS})
    assert [row["Detector"] for row in detection_table(rows)] == ["Annotator (MA)", "PSL-2s"]
    text = detection_note(rows, STEPS, DEFAULT.students, DEFAULT.train_student)
    assert "4,224 events of 10 classes" in text and "do not know: Frying." in text
    assert "Annotator (MA) is measured on 8 of these classes, and is not comparable: it does not have Frying" in text
    with pytest.raises(PslError, match="not evaluated on the same ground truth"):
        detector_results(models, {}, {"annotator": NUMBERS | {"n_events": 4000}, "2": NUMBERS})
    assert "not comparable" not in note_of()


def test_a_report_of_an_older_form_is_a_sentence():
    old = {key: value for key, value in NUMBERS.items() if key != "truth_hash"}
    message = "the report of S1 is of an older form, without truth_hash: run the stages detect again"
    with pytest.raises(PslError, match=message):
        detector_results({"S1": MODELS["S1"]}, {}, {"S1": old})


def test_short_steps_have_no_sentence():
    assert "by construction" not in note_of()


TRUTH = GroundTruth(
    (Event("y", 1.0, 2.0, 0), Event("x", 0.0, 1.0, 1), Event("x", 2.0, 3.0, 0)),
    {"z": 4.0, "y": 4.0, "x": 4.0},
    ("a", "b", "c"),
)
SCORES = {clip: FrameScores(np.arange(5.0), np.random.default_rng(1).random((4, 3))) for clip in TRUTH.duration_s}


def test_timelines_are_of_the_clips_with_the_most_events_by_id_and_show_true_classes_first():
    assert busiest(TRUTH, 2) == ["x", "y"] and busiest(TRUTH, 9) == ["x", "y", "z"]
    first = timeline("x", SCORES, TRUTH, ("Dog", "Cat", "Rain"))
    assert first.rows == ("Cat", "Dog", "Rain") and len(first.scores) == 12
    assert first.events[0] == {"class": "Cat", "from": 0.0, "to": 1.0}
    spec = timelines_chart("PSL-2s", [first, timeline("y", SCORES, TRUTH, ("Dog", "Cat", "Rain"))])
    assert [panel["title"]["text"] for panel in spec["vconcat"]] == ["x", "y"]


@pytest.mark.parametrize("named", [True, False])
def test_a_roc_has_a_line_for_each_class_with_events_and_the_effective_one(named):
    names = ["Dog", "Cat", "Rain"] if named else ["Dog", "Cat", *(f"class {n}" for n in range(NAMED_CURVES))]
    results = {"PSDS-1": psds(SCORES, TRUTH, PSDS1), "PSDS-2": psds(SCORES, TRUTH, PSDS2)}
    for panel in roc_chart("PSL-2s", results, names)["hconcat"]:
        classes, effective = panel["layer"]
        assert {point["class"] for point in classes["data"]["values"]} == {"Dog", "Cat"}
        assert effective["data"]["values"][-1]["efpr"] == 100
        assert ("legend" in classes["encoding"]["color"]) == named


def test_the_class_chart_shows_every_detector_and_leaves_out_classes_without_events():
    spec = classes_chart(ROWS, {row.key: CLASSES for row in ROWS})
    values = spec["data"]["values"]
    assert len(values) == 4 * 2 and {row["class"] for row in values} == {"Dog (3)", "Cat (5)"}


def test_sections_have_the_table_and_pictures_and_are_left_out_without_detectors(tmp_path):
    pictures = {name: tmp_path / f"{name}.png" for name in ("detect_classes", "detect_roc", "detect_timelines")}
    assert [len(section.table) for section in detect_sections(ROWS, "note", pictures)] == [4, 0, 0]
    none = detector_results(TWO, {}, {"2": {"n_clips": 0}})
    assert detect_sections(none, "none", pictures) == []
    assert detection_markdown(none, "none") == "none\n"
    assert empty_chart("none")["encoding"]["text"]["value"] == "none"
