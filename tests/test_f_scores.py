"""Collar-based and segment-based F on cases done by hand, against a slow matching and against sed_scores_eval."""

from dataclasses import replace
from itertools import combinations, permutations

import numpy as np
import pytest
from detection_cases import random_case, written_out
from hypothesis import given
from hypothesis import strategies as st

from psl.evaluation.detection.metrics.collar_f import _largest_matching, collar_f
from psl.evaluation.detection.metrics.events import within_clips
from psl.evaluation.detection.metrics.f_score import bootstrap_macro
from psl.evaluation.detection.metrics.ground_truth import Event, FrameScores, GroundTruth
from psl.evaluation.detection.metrics.segment_f import segment_f
from psl.evaluation.scores.bootstrap import sampled_clips
from psl.runtime.errors import PslError

# Ten steps of .5 s; class 0 is found at 1 to 2 s and 3 to 3.5 s, class 1 nowhere, class 2 without events at 0 to .5 s.
SCORE = np.zeros((10, 3))
SCORE[2:4, 0] = SCORE[6, 0] = SCORE[0, 2] = 1.0
SCORES = {"x": FrameScores(np.arange(11) / 2, SCORE)}
TRUTH = GroundTruth(
    (Event("x", 1.2, 2.2, 0), Event("x", 4.0, 5.0, 0), Event("x", 0.0, 1.0, 1)), {"x": 5.0}, ("a", "b", "never")
)


def test_collar_f_by_hand():
    result = collar_f(SCORES, TRUTH, 0.5)
    assert (result.right_C.tolist(), result.detected_C.tolist(), result.true_C.tolist()) == (
        [1, 0, 0],
        [2, 0, 1],
        [2, 1, 0],
    )
    np.testing.assert_array_equal(result.f_C, [0.5, 0.0, np.nan])
    np.testing.assert_array_equal(result.precision_C, [0.5, np.nan, np.nan])
    np.testing.assert_array_equal(result.recall_C, [0.5, 0.0, np.nan])
    assert (result.macro, result.micro) == (0.25, pytest.approx(2 / 6))


def test_collars_are_as_wide_as_stated():
    assert collar_f(SCORES, TRUTH, 0.5, onset_s=0.19).right_C[0] == 0
    assert collar_f(SCORES, TRUTH, 0.5, offset_s=0.1).right_C[0] == 1  # a fifth of one second
    assert collar_f(SCORES, TRUTH, 0.5, offset_s=0.1, offset_share=0.1).right_C[0] == 0


def test_segment_f_by_hand():
    result = segment_f(SCORES, TRUTH, 0.5)
    assert (result.right_C.tolist(), result.detected_C.tolist(), result.true_C.tolist()) == (
        [1, 0, 0],
        [2, 0, 1],
        [3, 1, 0],
    )
    assert segment_f(SCORES, TRUTH, 0.5, segment_s=5.0).right_C.tolist() == [1, 0, 0]
    with pytest.raises(PslError, match="longer than 0 s"):
        segment_f(SCORES, TRUTH, 0.5, segment_s=0.0)


@pytest.mark.parametrize("metric", [collar_f, segment_f])
def test_draws_are_f_of_the_drawn_clips_written_out(metric):
    for seed in range(20):
        scores, truth = random_case(seed, clips=6)
        for draw, value in enumerate(bootstrap_macro(metric(scores, truth, 0.5), samples=6, seed=seed)):
            expected = metric(*written_out(scores, truth, sampled_clips(6, draw, seed)), 0.5).macro
            assert value == pytest.approx(expected, abs=1e-12, nan_ok=True)


def test_without_events_and_detections_nothing_is_defined():
    silent = collar_f(SCORES, replace(TRUTH, events=()), 2.0)
    assert np.isnan([silent.macro, silent.micro]).all()


@pytest.mark.parametrize("metric", [collar_f, segment_f])
def test_wrong_thresholds_are_a_sentence(metric):
    for threshold in (np.array([0.5, 0.5]), np.nan):
        with pytest.raises(PslError, match="one for each of the 3 classes"):
            metric(SCORES, TRUTH, threshold)


@given(near=st.lists(st.lists(st.integers(0, 3), unique=True), max_size=4))
def test_the_matching_is_the_largest(near):
    sizes = [
        size
        for size in range(len(near) + 1)
        for some in combinations(near, size)
        for events in permutations(range(4), size)
        if all(event in one for event, one in zip(events, some, strict=True))
    ]
    assert _largest_matching(near) == max(sizes)


@pytest.mark.filterwarnings("ignore")
def test_vs_sed_scores_eval():
    pytest.importorskip("sed_scores_eval", reason="sed_scores_eval is not installed: pip install -e '.[reference]'")
    from by_sed_scores_eval import collar_f_scores, segment_f_scores

    for seed in range(80):
        scores, truth = random_case(seed, clips=1 + seed % 5, classes=1 + seed % 3)
        if len({event.class_id for event in truth.events}) == len(truth.classes):
            threshold_C = np.random.default_rng(seed).choice([0.2, 0.5, 0.8, 1.0], len(truth.classes))
            for ours, theirs in ((collar_f, collar_f_scores), (segment_f, segment_f_scores)):
                result = ours(scores, truth, threshold_C)
                expected = theirs(scores, within_clips(truth), threshold_C)
                np.testing.assert_allclose([*result.f_C, result.macro, result.micro], expected, atol=1e-12)
