"""The table of detectors, its note, its pictures and its sections of the page say what was measured."""

import numpy as np
import pytest
from detection_toy import DEFAULT, params

from psl.detection.note import note
from psl.detection.table import csv_rows, detected, markdown, metrics, table
from psl.detection.timelines import busiest, timeline
from psl.errors import PslError
from psl.metrics.detection import ClipScores, Event, Truth
from psl.metrics.psds import PSDS1, PSDS2, psds
from psl.params import Detect
from psl.report.detect import NAMED_CURVES, classes_chart, detect_sections, nothing_chart, roc_chart, timelines_chart

NUMBERS = {
    **{"psds1": 0.361, "psds1_low": 0.3, "psds1_high": 0.4, "psds2": 0.643, "psds2_low": 0.6, "psds2_high": 0.7, "score": 1.1607},
    **{"collar_f": 0.25, "segment_f": None, "n_parameters": 2_000_000, "n_bytes": 8_100_000, "n_networks": 1, "confidence": 0.95},
    **{"n_clips": 1168, "n_events": 4224, "n_classes": 10, "n_clips_without_events": 15, "n_clips_unread": 0, "n_clips_too_short": 2},
    **{"n_clips_not_annotated": 0, "n_clips_excluded": 0, "n_clips_development": 0, "classes_unknown": ["Frying"], "step_s": 0.064},
    **{"n_events_of_other_classes": 0, "n_clips_of_other_classes": 0, "n_events_cut": 0, "classes_left_out": [], "truth_hash": "0a"},
    **{"score_low": 1.1, "score_high": 1.219, "collar_f_low": 0.2, "collar_f_high": 0.3, "segment_f_low": None, "segment_f_high": None},
}
DETECTORS = {key: DEFAULT.detectors[key] for key in ("S1", "weak", "2")}
ENSEMBLES = {"all": DEFAULT.ensembles["windows"]}
ROWS = detected(
    {"weak": "#999", "2": "#222"}, DETECTORS, ENSEMBLES, {**dict.fromkeys(DETECTORS, NUMBERS), "all": NUMBERS | {"n_networks": 3}}
)
STEPS = params().detect
CLASSES = [
    {"mid": "a", "name": "Dog", "events": 3, "psds1": 0.1, "psds2": 0.2},
    {"mid": "b", "name": "Cat", "events": 5, "psds1": 0.2, "psds2": 0.4},
    {"mid": "c", "name": "Rain", "events": 0, "psds1": None, "psds2": None},
]


def said(settings: Detect = STEPS, numbers: dict = NUMBERS) -> str:
    rows = detected({"2": "#222"}, {"2": DETECTORS["2"]}, {}, {"2": numbers})
    return note(rows, settings, DEFAULT.sizes, DEFAULT.train_student)


def test_the_table_has_the_posters_columns_and_a_dash_for_what_is_not_known():
    assert list(table(ROWS)[0].values()) == [
        *(
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
    ]
    assert [row["Detector"] for row in table(ROWS)] == ["Weak labels", "PSL-2s", "S1", "Ensemble: all"]
    assert len({row.colour for row in ROWS}) == 4 and table(ROWS)[3]["single model"] == "no, 3"
    assert len({line.count("|") for line in markdown(ROWS, "note").splitlines()[:6]}) == 1


def test_numbers_for_programs_are_not_rounded_and_leave_nothing_out():
    assert csv_rows(ROWS)[2]["psds1"] == 0.361 and csv_rows(ROWS)[2]["n_bytes"] == 8_100_000
    assert metrics(ROWS)["S1"] == {"psds1": 0.361, "psds2": 0.643, "score": 1.1607}


@pytest.mark.parametrize(
    ("settings", "numbers", "told"),
    [
        (params().detect, NUMBERS, "1,168 clips (audioset, eval), 4,224 events of 10 classes; clips without events are kept (15 of them)"),
        (params().detect, NUMBERS, "2 clips that are shorter than their events are left out; classes the models do not know: Frying"),
        (params().detect, NUMBERS | {"n_clips_excluded": 3}, "3 clips that leak from training are left out"),
        (params().detect, NUMBERS | {"n_events_of_other_classes": 1200}, "; 1,200 events of other classes are left out; classes the"),
        (
            params().detect,
            NUMBERS | {"n_events_of_other_classes": 7, "n_clips_of_other_classes": 3},
            "7 events of other classes are left out, and 3 clips that have only such are kept: what is detected there is false",
        ),
        (params().detect, NUMBERS | {"n_events_cut": 16}, "; 16 events end up to 0.2 s after their clip and are cut there; classes the"),
        (params().detect, NUMBERS | {"classes_left_out": ["Gong", "Rain"]}, " Left out, having no event: Gong, Rain. Scores: "),
        (params().detect, NUMBERS | {"n_classes": 1}, " PSDS-2 and the DCASE score need events of two classes. Scores: "),
        (params(empty_files="drop").detect, NUMBERS, "clips without events are dropped"),
        (params().detect, NUMBERS, "Scores: the networks' own time steps; no median filter."),
        (
            DEFAULT.detect,
            NUMBERS | {"step_s": 0.5},
            "windows of 2 s every 0.5 s, averaged where they overlap; a median filter of 1 s, that is 3 steps of 0.5 s.",
        ),
        (params(median_seconds=0.45).detect, NUMBERS | {"step_s": 0.5}, "of 0.45 s, that is 1 step of 0.5 s (1 step filters nothing)."),
        (
            params(median_seconds=None, median_candidates_seconds=(0.0, 1.5), development_share=0.3).detect,
            NUMBERS | {"n_clips_development": 350, "step_s": 0.5},
            "each class's best of 0, 1.5 s, that is 1, 3 steps of 0.5 s (1 step filters nothing), on 350 other clips",
        ),
        (params().detect, NUMBERS, "PSDS-1 over 31.5 % and PSDS-2 over 54.7 %"),
        (params().detect, NUMBERS | {"step_s": 1.28}, "Scores change every 1.28 s at most: PSDS-1"),
        (params().detect, NUMBERS, "Trained for fewer epochs than the students' 16: S1 in 3, S2 in 3, S3 in 3."),
        (params().detect, {"n_clips": 0}, "has no truth in time"),
    ],
)
def test_the_note_says_how_it_was_measured(settings, numbers, told):
    assert told in said(settings, numbers)


def test_each_length_of_steps_is_told():
    numbers = {"2": NUMBERS | {"step_s": 0.5}, "weak": NUMBERS | {"step_s": 1.25}}
    rows = detected({"weak": "#999", "2": "#222"}, {key: DETECTORS[key] for key in numbers}, {}, numbers)
    text = note(rows, DEFAULT.detect, DEFAULT.sizes, DEFAULT.train_student)
    assert "of 1 s, that is 3 steps of 0.5 s or 1 step of 1.25 s (1 step filters nothing)." in text and "change every 1.25 s" in text


@pytest.mark.parametrize(
    ("other", "told"),
    [
        ({"n_events": 4000}, r"Weak labels \(n_events 4224\) and PSL-2s \(n_events 4000\) were not held against the same truth"),
        ({"truth_hash": "ff"}, r"Weak labels \(truth_hash 0a\) and PSL-2s \(truth_hash ff\) were not held against the same truth"),
        ({"n_clips": 0}, r"Weak labels \(n_clips 1168\) and PSL-2s \(n_clips 0\) were not held against the same truth"),
    ],
)
def test_detectors_that_do_not_compare_are_a_sentence(other, told):
    with pytest.raises(PslError, match=told):
        detected({"weak": "#999", "2": "#222"}, DETECTORS, ENSEMBLES, dict.fromkeys((*DETECTORS, "all"), NUMBERS) | {"2": NUMBERS | other})
    old = {key: value for key, value in NUMBERS.items() if key != "truth_hash"}
    with pytest.raises(PslError, match="the report of S1 is of an older form, without truth_hash: run the stages detect again"):
        detected({}, {"S1": DETECTORS["S1"]}, {}, {"S1": old})


def test_short_steps_are_not_complained_of():
    assert "by construction" not in said()


TRUTH = Truth((Event("y", 1.0, 2.0, 0), Event("x", 0.0, 1.0, 1), Event("x", 2.0, 3.0, 0)), {"z": 4.0, "y": 4.0, "x": 4.0}, ("a", "b", "c"))
SCORES = {clip: ClipScores(np.arange(5.0), np.random.default_rng(1).random((4, 3))) for clip in TRUTH.duration_s}


def test_timelines_are_of_the_clips_with_the_most_events_by_id_and_show_true_classes_first():
    assert busiest(TRUTH, 2) == ["x", "y"] and busiest(TRUTH, 9) == ["x", "y", "z"]
    shown = timeline("x", SCORES, TRUTH, ("Dog", "Cat", "Rain"))
    assert shown.rows == ("Cat", "Dog", "Rain") and len(shown.scores) == 12
    assert shown.events[0] == {"class": "Cat", "from": 0.0, "to": 1.0}
    spec = timelines_chart("PSL-2s", [shown, timeline("y", SCORES, TRUTH, ("Dog", "Cat", "Rain"))])
    assert [panel["title"]["text"] for panel in spec["vconcat"]] == ["x", "y"]


@pytest.mark.parametrize("named", [True, False])
def test_a_roc_has_a_line_for_each_class_with_events_and_the_effective_one(named):
    names = ["Dog", "Cat", "Rain"] if named else ["Dog", "Cat", *(f"class {n}" for n in range(NAMED_CURVES))]
    found = {"PSDS-1": psds(SCORES, TRUTH, PSDS1), "PSDS-2": psds(SCORES, TRUTH, PSDS2)}
    for panel in roc_chart("PSL-2s", found, names)["hconcat"]:
        classes, effective = panel["layer"]
        assert {point["class"] for point in classes["data"]["values"]} == {"Dog", "Cat"}
        assert effective["data"]["values"][-1]["efpr"] == 100
        assert ("legend" in classes["encoding"]["color"]) == named


def test_the_class_chart_shows_every_detector_and_leaves_out_classes_without_events():
    spec = classes_chart(ROWS, {row.key: CLASSES for row in ROWS})
    values = spec["data"]["values"]
    assert len(values) == 4 * 2 and {row["class"] for row in values} == {"Dog (3)", "Cat (5)"}


def test_sections_have_the_table_and_pictures_or_say_why_not(tmp_path):
    pictures = {name: tmp_path / f"{name}.png" for name in ("detect_classes", "detect_roc", "detect_timelines")}
    assert [len(section.table) for section in detect_sections(ROWS, "note", pictures)] == [4, 0, 0]
    none = detected({"2": "#222"}, {"2": DETECTORS["2"]}, {}, {"2": {"n_clips": 0}})
    (section,) = detect_sections(none, "none", pictures)
    assert section.picture is None and markdown(none, "none") == "none\n" and nothing_chart("none")["encoding"]["text"]["value"] == "none"
