"""Each class has levels of its own: what counts as heard and as denied, and which classes are not judged."""

import numpy as np
import pytest
from audit_cases import heard
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays

from psl.audit.levels import ABSENT, PRESENT, UNKNOWN, Levels

Y = np.array([[PRESENT], [PRESENT], [PRESENT], [ABSENT], [ABSENT], [ABSENT], [UNKNOWN]], np.int8)


def levels(*p):
    return Levels.measured(np.array(p)[:, None], Y)


def test_places_run_from_the_median_without_the_label_to_the_median_with_it():
    measured = levels(0.99, 0.9, 0.1, 0.01, 0.1, 0.2, 0.999)
    assert measured.places(np.array([[0.1], [0.9], [0.5]]))[:, 0] == pytest.approx([0, 1, 0.5])
    assert measured.probability(1.0) == pytest.approx([0.9])


def test_a_class_that_is_not_told_apart_is_neither_heard_nor_denied():
    measured = levels(0.3, 0.3, 0.3, 0.29, 0.29, 0.29, 0.9)
    assert not measured.judged_C.any()
    assert not measured.hears(np.array([[0.99]])).any() and not measured.denies(np.array([[0.0001]])).any()


def test_what_scores_little_is_not_heard_even_where_others_score_less():
    measured = levels(0.02, 0.02, 0.02, 0.001, 0.001, 0.001, 0)
    assert measured.hears(np.array([[0.03], [0.06]]))[:, 0].tolist() == [False, True]


def test_a_class_of_which_nothing_was_looked_for_has_no_levels():
    assert not Levels.measured(np.array([[0.9], [0.1]]), np.array([[PRESENT], [UNKNOWN]], np.int8)).judged_C.any()


@given(arrays(np.float64, 7, elements=st.floats(0, 1)), arrays(np.float64, 20, elements=st.floats(0, 1)))
def test_nothing_is_both_heard_and_denied_and_more_is_never_less(p, scores):
    measured, p_XC = levels(*p), np.sort(scores)[:, None]
    assert not (measured.hears(p_XC) & measured.denies(p_XC)).any()
    assert (np.diff(measured.hears(p_XC)[:, 0].astype(int)) >= 0).all()
    assert (np.diff(measured.denies(p_XC)[:, 0].astype(int)) <= 0).all()


def test_findings_are_what_labels_and_annotator_say_otherwise_in_the_surest_window():
    low, high = [0.001, 0.001, 0.001], [0.9, 0.001, 0.001]
    audited = heard([[low, high], [low, low], [high, low], [low, low], [low, low]], [["/m/a"], ["/m/a"], [], [], []])
    assert not audited.levels.judged_C.all()
    found = [(each.kind, each.clip, each.number, each.window) for each in audited.findings]
    assert found == [("denied", 1, 0, 0), ("missing", 2, 0, 0)]


def test_what_was_not_looked_for_is_missing_but_sets_no_level():
    rows = [[[0.9, 0, 0]], [[0.8, 0, 0]], [[0.01, 0, 0]]]
    audited = heard(rows, [["/m/a"], [], []], looked_for=[None, ("b",), None])
    assert audited.y_NC.tolist() == [[1, 0, 0], [-1, 0, -1], [0, 0, 0]]
    assert [(each.kind, each.clip) for each in audited.findings] == [("missing", 1)]
