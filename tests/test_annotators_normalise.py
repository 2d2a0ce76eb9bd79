"""Windows are normalised by themselves: as a slow reference does it, and whatever the windows beside them."""

import statistics

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra import numpy as arrays

from psl.annotators.normalise import normalise

RULES = ["none", "peak", "zero_mean_unit_variance"]
WINDOWS = arrays.arrays(
    np.float32, st.tuples(st.integers(1, 4), st.integers(1, 20)), elements=st.floats(-1, 1, width=32)
)


def slow(window: list[float], rule: str) -> list[float]:
    if rule == "peak":
        return [x / (max(map(abs, window)) or 1) for x in window]
    mean, deviation = statistics.fmean(window), (statistics.pvariance(window) + 1e-7) ** 0.5
    return [(x - mean) / deviation for x in window]


@given(WINDOWS, st.sampled_from(RULES[1:]))
def test_windows_are_normalised_as_by_a_slow_reference(x_BT, rule):
    expected = [slow(window, rule) for window in x_BT.tolist()]
    np.testing.assert_allclose(normalise(x_BT, rule), expected, rtol=1e-6, atol=1e-6)


@given(WINDOWS, st.sampled_from(RULES))
def test_no_window_changes_another(x_BT, rule):
    together = normalise(x_BT, rule)
    assert np.array_equal(together, [normalise(x_BT[row : row + 1], rule)[0] for row in range(len(x_BT))])
    assert np.array_equal(together, normalise(np.asfortranarray(x_BT), rule)) and together.dtype == np.float32


@pytest.mark.parametrize("rule", RULES)
def test_silence_stays_silence_and_the_input_is_left_alone(rule):
    x_BT = np.float32([[0, 0, 0], [0.25, -0.5, 0]])
    before = x_BT.copy()
    assert normalise(x_BT, rule)[0].tolist() == [0, 0, 0] and np.array_equal(x_BT, before)


def test_no_normalisation_leaves_the_samples():
    assert normalise(np.float32([[0.5, 2]]), "none").tolist() == [[0.5, 2]]
