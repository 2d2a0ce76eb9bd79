"""Neighbouring rows of the results are compared on the same bootstrap samples, and the verdict says what is settled."""

import numpy as np
import pytest
from test_report import COMMON, MODELS, VALUES, evaluation

from psl.config import Student
from psl.report.order import MINUS, compare_neighbours, order_markdown, order_section, order_table, order_text
from psl.report.results import results
from psl.report.tables import DASH

CHAIN = "Weak labels < PSL-10s < PSL-5s < PSL-0.5s"


def compared(values=VALUES, spread=0.01, models=MODELS):
    """What is found where each model has these values, and samples that spread independently around them."""
    rows = results(models, {key: evaluation(value).summary for key, value in values.items()}, COMMON)
    samples = {
        key: (value + spread * np.random.default_rng(number).normal(size=500)).tolist()
        for number, (key, value) in enumerate(values.items())
    }
    return compare_neighbours(rows, samples)


def test_each_row_is_beside_the_one_above_it_and_beside_the_annotator():
    found = compared()
    assert [(each.above, each.name) for each in found] == [
        ("Weak labels", "PSL-10s"), ("PSL-10s", "PSL-5s"), ("PSL-5s", "PSL-0.5s"),
    ]  # fmt: skip
    assert [each.from_above.difference for each in found] == pytest.approx([0.1, 0.06, 0.07])
    assert [each.from_annotator.difference for each in found] == pytest.approx([-0.2, -0.14, -0.07])
    assert order_text(found, 0.95).startswith(f"The order {CHAIN} is settled.")
    cells = order_table(found)[1]
    assert cells["difference in mAP"].startswith("+6.0 (+") and cells["settled"] == "yes"
    assert cells[f"{MINUS} annotator"].startswith(f"{MINUS}14.0 ({MINUS}")


def test_what_the_samples_leave_open_and_what_they_reverse_is_said():
    found = compared(VALUES | {"5": 0.505, "0p5": 0.4})
    assert [each.is_settled for each in found] == [True, False, True]
    assert (
        f"The order {CHAIN} is not settled (PSL-5s beside PSL-10s: undecided; PSL-0.5s beside PSL-5s: the other way "
        "round)." in order_text(found, 0.95)
    )


def test_an_interval_that_holds_0_is_not_settled_however_large_the_difference():
    assert not any(each.is_settled for each in compared(spread=0.2))


def test_students_of_other_annotators_windows_or_widths_are_not_in_the_order():
    others = {
        "x": Student(window_seconds=2.0, hop_seconds=0.5),
        "y": Student(window_seconds=2.0, hop_seconds=2.0, annotator="mn04"),
        "z": Student(window_seconds=2.0, hop_seconds=2.0, width=0.25),
    }
    assert [each.name for each in compared(VALUES | dict.fromkeys(others, 0.6), models=MODELS | others)] == [
        each.name for each in compared()
    ]


def test_without_an_annotator_of_all_classes_or_a_second_row_there_is_nothing_to_compare_with():
    students = {key: model for key, model in MODELS.items() if model is not None}
    found = compared({key: VALUES[key] for key in students}, models=students)
    assert {row[f"{MINUS} annotator"] for row in order_table(found)} == {DASH}
    alone = compared({"weak": 0.4, "annotator": 0.7}, models={"weak": MODELS["weak"], "annotator": None})
    assert order_section(alone, 0.95) == [] and order_markdown(alone, 0.95) == ""
