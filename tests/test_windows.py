"""Windows tile the clip: properties for every duration, length and hop."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from psl.io.windows import fit_frames, frames_in, to_units, window_starts
from psl.runtime.errors import PslError

lengths = st.integers(1, 60)


@given(st.integers(1, 300), lengths)
def test_without_overlap_only_the_shifted_last_window_repeats_samples(duration, length):
    starts = window_starts(duration, length, length)
    whole, rest = divmod(duration, length)
    assert len(starts) == max(whole, 1) + (whole > 0 and rest > 0)
    assert np.all(np.diff(starts)[:-1] == length)


@given(st.integers(1, 300), lengths, st.data())
def test_a_shifted_last_window_leaves_no_gap_and_stays_inside(duration, length, data):
    hop = data.draw(st.integers(1, length))
    starts = window_starts(duration, length, hop)
    covered = np.zeros(max(duration, length), bool)
    for start in starts:
        covered[start : start + length] = True
    assert covered.all() and starts[0] == 0 and starts[-1] + length == max(duration, length)


@given(st.integers(1, 300), lengths, st.data())
def test_dropping_gives_the_same_starts_without_the_last(duration, length, data):
    hop = data.draw(st.integers(1, length))
    shift, drop = (window_starts(duration, length, hop, last_window).tolist() for last_window in ("shift", "drop"))
    assert drop == shift[: len(drop)] and len(shift) - len(drop) in (0, 1)


@pytest.mark.parametrize("case", [(0, 1, 1), (1, 0, 1), (1, 1, 0)])
def test_impossible_windows_are_refused(case):
    with pytest.raises(PslError, match="must each be at least 1"):
        window_starts(*case)


@pytest.mark.parametrize("seconds", [-1.0, float("nan"), float("inf")])
def test_impossible_times_are_refused(seconds):
    with pytest.raises(PslError, match="is not possible"):
        to_units(seconds, 1000)


@given(st.integers(0, 100_000), st.sampled_from([(16_000, 160), (16_000, 640), (32_000, 320), (22_050, 441)]))
def test_frames_are_the_nearest_whole_number(milliseconds, front_end):
    exact = milliseconds * front_end[0] / 1000 / front_end[1]
    assert abs(frames_in(milliseconds, *front_end) - exact) <= 0.5 + 1e-9


@given(st.integers(1, 20), st.integers(0, 20), st.integers(1, 50))
def test_a_window_is_a_slice_or_the_clip_is_repeated(frames, start, length):
    mel_TF = np.arange(frames, dtype=np.float32)[:, None]
    window = fit_frames(mel_TF, start, length)[:, 0]
    assert window.tolist() == [(start + i) % frames for i in range(length)]
