"""What detection metrics share: every fault of scores and ground truth is a sentence, and overlaps can be merged."""

from dataclasses import replace

import numpy as np
import pytest

from psl.evaluation.detection.metrics.checks import check
from psl.evaluation.detection.metrics.events import (
    detected_events,
    ends_cut,
    merge_overlaps,
    within_clips,
    without_empty,
)
from psl.evaluation.detection.metrics.ground_truth import Event, FrameScores, GroundTruth
from psl.runtime.errors import PslError

EDGES = np.arange(11.0)
TRUTH = GroundTruth(
    (Event("x", 1.0, 3.0, 0), Event("y", 8.0, 10.1, 1)), {"x": 10.0, "y": 10.0, "empty": 10.0}, ("Cat", "Dog")
)


def scores_of(truth: GroundTruth = TRUTH, **changed: FrameScores) -> dict[str, FrameScores]:
    return {clip_id: FrameScores(EDGES, np.zeros((10, 2))) for clip_id in truth.duration_s} | changed


def with_nan() -> np.ndarray:
    score_TC = np.zeros((10, 2))
    score_TC[3:5, 1] = np.nan
    return score_TC


def test_sound_scores_and_truth_pass():
    check(scores_of(), TRUTH)
    check(
        scores_of(x=FrameScores(np.append(EDGES[:-1] + 0.1, 10.4), np.full((10, 2), -np.inf))), TRUTH
    )  # a last step past the end


@pytest.mark.parametrize(
    ("clip", "message"),
    [
        (FrameScores(EDGES, np.zeros((10, 3))), r"x have the shape \(10, 3\), the ground truth has 2 classes"),
        (FrameScores(EDGES, np.zeros(10)), r"x have the shape \(10,\)"),
        (FrameScores(EDGES, np.zeros((9, 2))), "x have 9 steps and 11 edges"),
        (FrameScores(EDGES[:1], np.zeros((0, 2))), "x have 0 steps"),
        (FrameScores(EDGES[::-1].copy(), np.zeros((10, 2))), "x do not rise"),
        (FrameScores(np.append(EDGES[:-1], np.inf), np.zeros((10, 2))), "x do not rise"),
        (FrameScores(EDGES, with_nan()), "2 steps of x have NaN"),
        (FrameScores(EDGES * 0.97, np.zeros((10, 2))), "x go from 0 to 9.7 s, but the clip from 0 to 10 s"),
        (FrameScores(EDGES + 0.5, np.zeros((10, 2))), "x go from 0.5"),
        (FrameScores(np.arange(13.0), np.zeros((12, 2))), "x go from 0 to 12 s"),
    ],
)
def test_unusable_scores_are_a_sentence(clip, message):
    with pytest.raises(PslError, match=message):
        check(scores_of(x=clip), TRUTH)


def test_clips_on_one_side_only_are_a_sentence():
    with pytest.raises(PslError, match="1 clips of the ground truth have no scores, the first is y"):
        check({clip_id: clip for clip_id, clip in scores_of().items() if clip_id != "y"}, TRUTH)
    with pytest.raises(PslError, match="1 scored clips are not in the ground truth, the first is z"):
        check(scores_of(z=FrameScores(EDGES, np.zeros((10, 2)))), TRUTH)


@pytest.mark.parametrize(
    ("event", "message"),
    [
        (Event("x", 3.0, 3.0, 0), "Cat in x begins at 3.0 s and ends at 3.0 s"),
        (Event("x", float("nan"), 3.0, 0), "an event must end after it begins"),
        (Event("x", -0.1, 3.0, 0), "lasts from -0.1 to 3.0 s"),
        (Event("x", 10.0, 10.1, 0), "the clip ends at 10.0 s"),
        (Event("x", 9.0, 10.21, 0), "lasts from 9.0 to 10.21 s, but the clip ends at 10.0 s"),
        (Event("z", 1.0, 3.0, 0), "an event in z, whose duration it does not list"),
        (Event("x", 1.0, 3.0, 2), "an event of class 2 in x, but there are 2 classes"),
        (Event("x", 1.0, 3.0, -1), "an event of class -1"),
    ],
)
def test_impossible_events_are_a_sentence(event, message):
    with pytest.raises(PslError, match=message):
        replace(TRUTH, events=(event,))


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"duration_s": {}, "events": ()}, "has no class or no clip"),
        ({"classes": (), "events": ()}, "has no class or no clip"),
        ({"classes": ("Cat", "Cat")}, "the class Cat twice"),
        ({"duration_s": {"x": 10.0, "y": 0.0}}, "y lasts 0.0 s"),
    ],
)
def test_impossible_truth_is_a_sentence(change, message):
    with pytest.raises(PslError, match=message):
        replace(TRUTH, **change)


def test_overlaps_within_a_class_name_the_file_and_can_be_merged():
    more = (Event("x", 2.5, 2.8, 0), Event("x", 2.9, 4.0, 0), Event("x", 4.0, 5.0, 0), Event("x", 1.5, 9.0, 1))
    truth = replace(TRUTH, events=(*TRUTH.events, *more))
    with pytest.raises(PslError, match=r"x has two events of Cat that overlap, 1.0 to 3.0 s and 2.5 to 2.8 s"):
        check(scores_of(), truth)
    assert merge_overlaps(truth).events == (Event("x", 1.0, 5.0, 0), Event("x", 1.5, 9.0, 1), Event("y", 8.0, 10.1, 1))
    check(scores_of(), merge_overlaps(truth))


def test_events_that_touch_are_two_events():
    check(scores_of(), replace(TRUTH, events=(Event("x", 1.0, 3.0, 0), Event("x", 3.0, 4.0, 0))))
    check(
        scores_of(), replace(TRUTH, events=(Event("x", 0.0, 0.1 + 0.2, 0), Event("x", 0.3, 4.0, 0)))
    )  # .30000000000000004


def test_clips_without_events_are_dropped_with_their_duration():
    assert without_empty(TRUTH).duration_s == {"x": 10.0, "y": 10.0}
    assert without_empty(TRUTH).events == TRUTH.events
    with pytest.raises(PslError, match="has no event, so no clip is left"):
        without_empty(replace(TRUTH, events=()))


def test_ends_of_events_are_cut_to_the_clip_and_counted():
    assert ends_cut(TRUTH) == 1 and ends_cut(within_clips(TRUTH)) == 0
    assert within_clips(TRUTH).events == (Event("x", 1.0, 3.0, 0), Event("y", 8.0, 10.0, 1))


def test_detections_are_the_runs_above_the_threshold():
    score_TC = np.array([[0.9, 0.2], [0.9, 0.5], [0.3, 0.6], [0.8, 0.6]])
    scores = {
        "b": FrameScores(np.array([0.0, 1.0, 2.5, 3.0, 5.0]), score_TC),
        "a": FrameScores(np.array([0.0, 2.0]), np.array([[0.1, 0.7]])),
    }
    expected = (Event("a", 0.0, 2.0, 1), Event("b", 0.0, 2.5, 0), Event("b", 3.0, 5.0, 0), Event("b", 2.5, 5.0, 1))
    assert detected_events(scores, np.array([0.3, 0.5])) == expected
