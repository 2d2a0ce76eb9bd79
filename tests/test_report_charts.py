"""The charts of the report show every model, class, seed and interval that there is."""

import pytest
from test_report import COMMON, FOUND, HISTORY, MODELS, VALUES, evaluation

from psl.report.charts import NAMED_CLASSES, class_chart, evaluation_differences_chart, results_chart, training_chart
from psl.report.differences import NOTHING
from psl.report.results import results
from psl.report.windows import window_chart, window_rows, windows_section


def test_results_chart_shows_every_model_interval_and_seed():
    spec = results_chart(FOUND)
    assert [row["model"] for row in spec["data"]["values"]] == [row.name for row in FOUND]
    assert spec["data"]["values"][1] == pytest.approx(
        {"model": "Weak labels", "mAP": 40, "mAP_low": 38, "mAP_high": 43}
    )
    assert len(spec["layer"][1]["data"]["values"]) == 10


@pytest.mark.parametrize("classes", [3, NAMED_CLASSES + 2])
def test_class_chart_has_a_mark_for_each_model_and_class_that_has_positives(classes):
    spec = class_chart(FOUND, {key: evaluation(value, classes).classes for key, value in VALUES.items()})
    values = spec["data"]["values"]
    assert len(values) == 5 * (classes - 1) and not any("Last" in row["class"] for row in values)
    first = [row["ap"] for row in sorted(values[: classes - 1], key=lambda row: row["rank"])]
    assert first == sorted(first, reverse=True)
    assert ("layer" in spec) == (classes - 1 > NAMED_CLASSES)


def test_training_chart_has_a_line_for_each_seed_and_leaves_unknown_map_out():
    values = training_chart(FOUND, {row.key: {1: HISTORY, 2: HISTORY} for row in FOUND})["data"]["values"]
    assert len(values) == 5 * 2 * 3
    assert [row["mAP"] for row in values[:3]] == [None, 20, 20]


def test_differences_are_to_the_annotator_in_the_classes_that_have_clips():
    classes = {key: evaluation(value).classes for key, value in VALUES.items()}
    spec = evaluation_differences_chart(FOUND, classes, COMMON)
    assert [part["title"]["text"] for part in spec["concat"]] == ["PSL-10s, AP", "PSL-5s, AP", "PSL-0.5s, AP"]
    points = [value["points"] for value in spec["concat"][0]["data"]["values"]]
    assert points == pytest.approx([-20, -20])
    students = {key: model for key, model in MODELS.items() if key != "annotator"}
    alone = results(students, {key: evaluation(0.5).summary for key in students}, COMMON)
    assert evaluation_differences_chart(alone, classes, COMMON)["concat"] == [NOTHING]


def test_windows_are_sorted_by_length_and_the_other_labels_are_lines_across(tmp_path):
    assert [row["seconds"] for row in window_rows(FOUND)] == [0.5, 5.0, 10.0]
    assert window_rows(FOUND)[0] == {"seconds": 0.5, "model": "PSL-0.5s", "mAP": 63.0, "low": 61.0, "high": 66.0}
    across = window_chart(FOUND)["layer"][0]["data"]["values"]
    assert [row["model"] for row in across] == ["Annotator (MA)", "Weak labels"]
    assert windows_section(FOUND[:3], tmp_path / "windows.svg") == []  # one window alone
