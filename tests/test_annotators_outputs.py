"""Raw numbers become probabilities as the contract says, and what contradicts the contract is refused in words."""

import math

import numpy as np
import pytest
from contracts import contract
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra import numpy as arrays

from psl.annotators.outputs import to_probabilities
from psl.runtime.errors import PslError

BATCHES = arrays.arrays(
    np.float32, st.tuples(st.integers(1, 5), st.integers(1, 9)), elements=st.floats(-1e4, 1e4, width=32)
)


def slow_sigmoid(x: float) -> float:
    return 1 / (1 + math.exp(-x)) if x > -700 else 0.0


def slow_softmax(row: list[float]) -> list[float]:
    powers = [math.exp(x - max(row)) for x in row]
    return [power / sum(powers) for power in powers]


@given(BATCHES, st.sampled_from([1.0, 0.05, -3.0]), st.sampled_from([0.0, -2.5]))
def test_a_logit_and_a_cosine_go_through_an_affine_sigmoid(raw_BC, scale, offset):
    expected = [[slow_sigmoid(scale * float(x) + offset) for x in row] for row in raw_BC]
    for output in ("logit", "cosine"):
        p_BC = to_probabilities(raw_BC, contract(output=output, scale=scale, offset=offset))
        assert p_BC.dtype == np.float32
        np.testing.assert_allclose(p_BC, expected, atol=2e-4 if abs(scale) > 1 else 1e-4)


@given(BATCHES)
def test_softmax_is_over_the_classes_of_a_window(raw_BC):
    p_BC = to_probabilities(raw_BC, contract(output="softmax_logit"))
    np.testing.assert_allclose(p_BC, [slow_softmax(row) for row in raw_BC.astype(float).tolist()], atol=1e-6)


@given(BATCHES, st.sampled_from(["logit", "softmax_logit"]))
def test_no_window_changes_the_probabilities_of_another(raw_BC, output):
    together = to_probabilities(raw_BC, contract(output=output))
    alone = [to_probabilities(raw_BC[row : row + 1], contract(output=output))[0] for row in range(len(raw_BC))]
    assert np.array_equal(together, alone)
    assert np.array_equal(together, to_probabilities(np.asfortranarray(raw_BC), contract(output=output)))


@pytest.mark.parametrize("x", [1e30, math.inf])
def test_huge_logits_are_certain(x):
    assert to_probabilities(np.float32([[x, -x]]), contract()).tolist() == [[1, 0]]


@pytest.mark.parametrize("output", ["sigmoid", "softmax"])
def test_probabilities_stay_and_their_rounding_is_cut_off(output):
    raw_BC = np.float32([[-9e-7, 0.25, 1 + 9e-7]])
    assert to_probabilities(raw_BC, contract(output=output)).tolist() == [[0, 0.25, 1]]


@pytest.mark.parametrize(("output", "instead"), [("sigmoid", "logit"), ("softmax", "softmax_logit")])
@pytest.mark.parametrize(
    ("row", "seen"),
    [([-1.2e-6, 0.5], "from -1.2e-06 to 0.5"), ([0.5, 1.00001], "to 1.00001"), ([-8.5, math.inf], "from -8.5 to inf")],
)
def test_probabilities_outside_0_to_1_are_refused_with_their_range(output, instead, row, seen):
    with pytest.raises(PslError, match=f"annotator fake .*{seen} .*output: {output}, .*state output: {instead} "):
        to_probabilities(np.float32([row]), contract(output=output))


@pytest.mark.parametrize("output", ["logit", "cosine", "sigmoid", "softmax", "softmax_logit"])
def test_nan_is_refused_with_the_other_numbers(output):
    raw_BC = np.float32([[0.25, 0.5], [np.nan, 0.5], [0.5, 0.75]])
    with pytest.raises(PslError, match=f"fake gives NaN for 1 of 3 windows .*output: {output}, are from 0.25 to 0.75"):
        to_probabilities(raw_BC, contract(output=output))
    with pytest.raises(PslError, match=r"3 of 3 windows .* are none\)"):
        to_probabilities(raw_BC * np.nan, contract(output=output))
