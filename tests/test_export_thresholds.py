"""Thresholds of classes: the best F1 there is, found by looking at every possible threshold."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from psl.export.thresholds import LEAST_POSITIVES, best_f1, choose_thresholds


def f1(y_N, p_N, threshold):
    told_N = p_N > threshold
    return 2 * (told_N & y_N).sum() / (told_N.sum() + y_N.sum())


@given(st.lists(st.tuples(st.booleans(), st.integers(1, 6)), min_size=1, max_size=20))
def test_no_other_threshold_has_a_higher_f1(clips):
    y_N, p_N = np.array([y for y, _ in clips]), np.array([p for _, p in clips], np.float32) / 6
    threshold, reached = best_f1(y_N, p_N)
    if not y_N.any():
        assert (threshold, reached) == (0.5, 0.0)
        return
    others = [f1(y_N, p_N, each) for each in [-1, *p_N]]
    assert reached == pytest.approx(max(others)) == pytest.approx(f1(y_N, p_N, threshold))


def test_a_class_with_few_positives_gets_the_threshold_of_all():
    rng = np.random.default_rng(0)
    y_NC = np.zeros((30, 2), bool)
    y_NC[:10, 0] = y_NC[: LEAST_POSITIVES - 1, 1] = True
    p_NC = (0.3 * y_NC + 0.6 * rng.random((30, 2))).astype(np.float32)
    own, shared = choose_thresholds(y_NC, p_NC)
    assert (own.value, own.f1) == best_f1(y_NC[:, 0], p_NC[:, 0]) and own.positives == 10
    assert shared.value == best_f1(y_NC.ravel(), p_NC.ravel())[0] and np.isnan(shared.f1)


def test_a_clip_in_which_a_class_was_not_looked_for_does_not_count():
    y_NC = np.array([[True], [True], [True], [False], [False]])
    p_NC = np.array([[0.9], [0.8], [0.7], [0.85], [0.1]], np.float32)
    known_NC = np.array([[True], [True], [True], [False], [True]])
    (found,) = choose_thresholds(y_NC, p_NC, known_NC)
    assert (found.value, found.f1, found.positives) == (pytest.approx(0.4), 1.0, 3)
