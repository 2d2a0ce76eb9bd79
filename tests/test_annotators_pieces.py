"""Windows are cut into pieces or filled up as a slow reference does it, and no sample of a longer one is lost."""

import numpy as np
import pytest
from contracts import contract
from hypothesis import given
from hypothesis import strategies as st

from psl.annotators.pieces import cut, pool
from psl.io.windows import fit_frames

LENGTHS = st.integers(1, 12)


def pieces_of(length, longer="mean", shorter="repeat"):
    return contract(window_samples=length, longer_windows=longer, shorter_windows=shorter)


def numbered(windows: int, samples: int):
    """Windows whose samples are all different."""
    return np.arange(windows * samples, dtype=np.float32).reshape(windows, samples)


def slow_pieces(window: list[float], length: int) -> list[list[float]]:
    pieces, start = [], 0
    while start + length < len(window):
        pieces.append(window[start : start + length])
        start += length
    return [*pieces, window[-length:]]


@given(st.integers(1, 3), LENGTHS, st.integers(0, 30))
def test_pieces_are_those_of_a_slow_reference(windows, length, more):
    x_BT = numbered(windows, length + more)
    expected = [piece for window in x_BT.tolist() for piece in slow_pieces(window, length)]
    assert cut(x_BT, pieces_of(length)).tolist() == expected


@given(LENGTHS, st.integers(0, 30))
def test_every_sample_is_in_a_piece_and_the_last_piece_ends_with_the_window(length, more):
    x_BT = numbered(2, length + more)
    x_PT = cut(x_BT, pieces_of(length))
    assert set(x_PT.flat) == set(x_BT.flat)
    assert (
        x_PT.shape == (2 * -(-(length + more) // length), length) and x_PT[-1].tolist() == x_BT[-1, -length:].tolist()
    )


def test_a_last_piece_that_is_exactly_full_is_kept():
    assert cut(numbered(1, 6), pieces_of(2)).tolist() == [[0, 1], [2, 3], [4, 5]]


@given(st.integers(1, 3), LENGTHS, LENGTHS)
def test_a_shorter_window_is_repeated_as_everywhere_followed_by_zeros_or_left(windows, length, more):
    x_BT = numbered(windows, length)
    repeated, zeros, left = (cut(x_BT, pieces_of(length + more, "mean", rule)) for rule in ("repeat", "zeros", "model"))
    assert repeated.tolist() == [fit_frames(x_T[:, None], 0, length + more)[:, 0].tolist() for x_T in x_BT]
    assert zeros.tolist() == [[*x_T, *[0] * more] for x_T in x_BT.tolist()]
    assert left.tolist() == x_BT.tolist()


@given(LENGTHS)
def test_a_model_of_any_length_gets_whole_windows(samples):
    assert cut(numbered(2, samples), contract()).tolist() == numbered(2, samples).tolist()


@given(st.integers(1, 4), st.integers(1, 5), st.integers(1, 3), st.data())
def test_pieces_are_pooled_by_window_and_windows_do_not_mix(windows, pieces, classes, data):
    p_PC = np.random.default_rng(data.draw(st.integers(0, 99))).random((windows * pieces, classes), np.float32)
    for rule, reference in (("mean", np.mean), ("max", np.max)):
        p_BC = pool(p_PC, windows, pieces_of(4, rule))
        groups = [p_PC[window * pieces : (window + 1) * pieces] for window in range(windows)]
        np.testing.assert_allclose(p_BC, [reference(group, axis=0) for group in groups], rtol=1e-6)
        assert np.array_equal(p_BC, [pool(group, 1, pieces_of(4, rule))[0] for group in groups])
        assert p_BC.dtype == np.float32


@pytest.mark.parametrize(("rule", "expected"), [("mean", 0.5), ("max", 1.0)])
def test_cut_and_pool_fit_together(rule, expected):
    x_BT = np.float32([[0, 0, 1, 1], [1, 1, 0, 0]])
    p_PC = cut(x_BT, pieces_of(2, rule)).max(axis=1, keepdims=True)  # a model that hears the loudest sample
    assert pool(p_PC, 2, pieces_of(2, rule)).tolist() == [[expected], [expected]]
