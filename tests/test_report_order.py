"""Neighbouring rows of the results are compared on the same bootstrap samples, and the verdict says what is settled."""

import numpy as np
import pytest
from test_report import COMMON, MODELS, VALUES, evaluation

from psl.config import Plugin, Student
from psl.report.order import MINUS, compare_rows, order_markdown, order_sections, order_table, order_text
from psl.report.results import results

CHAIN = "Weak labels < PSL-10s < PSL-5s < PSL-0.5s"
TWO = {"window_seconds": 2.0, "hop_seconds": 2.0}


def compared(values=VALUES, spread=0.01, *, models=MODELS, numbers=None):
    """What is found where each model has these values, and samples that spread independently around them."""
    rows = results(
        models, {key: evaluation(value).summary | (numbers or {}).get(key, {}) for key, value in values.items()}, COMMON
    )
    samples = {
        key: (value + spread * np.random.default_rng(number).normal(size=500)).tolist()
        for number, (key, value) in enumerate(values.items())
    }
    return compare_rows(rows, samples, confidence=0.95)


def differences(comparisons):
    return {(each.name, each.beside): round(each.found.difference, 6) for each in comparisons}


def test_each_row_is_beside_the_one_above_it_and_students_beside_their_annotator():
    found = compared()
    above = [("PSL-10s", "Weak labels"), ("PSL-5s", "PSL-10s"), ("PSL-0.5s", "PSL-5s")]
    assert differences(found.order) == dict(zip(above, (0.1, 0.06, 0.07), strict=True))
    annotator = [(name, "Annotator (MA)") for name in ("PSL-10s", "PSL-5s", "PSL-0.5s")]
    assert differences(found.annotator) == dict(zip(annotator, (-0.2, -0.14, -0.07), strict=True))
    assert order_text(found).startswith(f"The order {CHAIN} is settled. Better than their annotator: none. They are")
    table = order_table(found)
    assert table[1]["difference in mAP"].startswith("+6.0 (+") and table[1]["settled"] == "yes"
    assert table[4]["difference in mAP"].startswith(f"{MINUS}14.0 ({MINUS}")


def test_what_the_samples_leave_open_and_what_they_reverse_is_said():
    found = compared(VALUES | {"5": 0.505, "0p5": 0.4})
    assert [each.is_settled for each in found.order] == [True, False, True]
    said = "(PSL-5s beside PSL-10s: undecided; PSL-0.5s beside PSL-5s: the other way round)."
    assert f"The order {CHAIN} is not settled {said}" in order_text(found)


def test_a_student_above_its_annotator_is_named_and_so_is_one_that_is_as_good():
    text = order_text(compared(VALUES | {"10": 0.8, "5": 0.7}))
    assert "Better than their annotator: PSL-10s. Neither better nor worse, as far as this tells: PSL-5s." in text


def test_an_interval_that_holds_0_is_not_settled_however_large_the_difference():
    assert not any(each.is_settled for each in compared(spread=0.2).order)


def test_few_clips_settle_nothing():
    few = {key: {"n_clips": 29} for key in VALUES}
    found = compared(numbers=few)
    assert not any(each.is_settled for each in (*found.order, *found.annotator))
    assert "PSL-10s beside Weak labels: undecided" in order_text(found)


def test_a_student_of_other_clips_is_beside_the_annotator_and_not_in_the_order():
    own = {"full-2": Student(**TWO, subset="full")}
    found = compared(VALUES | {"full-2": 0.75}, models=MODELS | own)
    assert differences(found.order) == differences(compared().order)
    assert differences(found.annotator)["PSL-2s on full", "Annotator (MA)"] == 0.05


def test_another_network_is_beside_itself_on_weak_labels_and_beside_the_annotator():
    own = {
        f"{name}-{labels}": Student(**{"architecture": Plugin(name=name)} | given)
        for name in ("cnn14", "ast")
        for labels, given in {"weak": {"targets": "weak"}, "2": TWO}.items()
    }
    values = {"cnn14-weak": 0.3, "cnn14-2": 0.5, "ast-weak": 0.4, "ast-2": 0.401}
    found = compared(VALUES | values, models=MODELS | own)
    assert differences(found.networks) == {
        ("cnn14, PSL-2s", "cnn14, weak labels"): 0.2,
        ("ast, PSL-2s", "ast, weak labels"): 0.001,
    }
    assert differences(found.order) == differences(compared().order)
    assert differences(found.annotator)["cnn14, PSL-2s", "Annotator (MA)"] == -0.2
    said = "Better than the same network on weak labels: cnn14, PSL-2s. Not so: ast, PSL-2s (undecided)."
    assert said in order_text(found)


OTHER_CLIPS = {"subset": "full"}


@pytest.mark.parametrize("own", [{"annotator": "mn04"}, {"width": 0.25}, {"hop_seconds": 0.5}])
@pytest.mark.parametrize("clips", [{}, OTHER_CLIPS])
def test_students_of_other_annotators_windows_or_widths_are_in_neither(own, clips):
    found = compared(VALUES | {"x": 0.6}, models=MODELS | {"x": Student(**TWO | own | clips)})
    assert differences(found.order) == differences(compared().order)
    assert differences(found.annotator) == differences(compared().annotator)


def test_without_an_annotator_or_a_second_row_there_is_nothing_to_compare_with():
    students = {key: model for key, model in MODELS.items() if model is not None}
    assert compared({key: VALUES[key] for key in students}, models=students).annotator == []
    alone = compared({"weak": 0.4, "annotator": 0.7}, models={"weak": MODELS["weak"], "annotator": None})
    assert order_sections("What is settled", alone) == [] and order_markdown(alone) == ""
