"""mAP@3 and lwlrap equal scikit-learn, slow references and worked values; ties and empty clips have a rule."""

import numpy as np
import pytest
from sklearn.metrics import label_ranking_average_precision_score
from test_tagging_metrics import SCORES, TRUTH

from psl.evaluation.tagging.metrics import reference
from psl.evaluation.tagging.metrics.lwlrap import label_precisions, lwlrap
from psl.evaluation.tagging.metrics.map_at_3 import reciprocal_ranks
from psl.runtime.errors import PslError

CASES = 1000


def random_case(seed: int) -> tuple[np.ndarray, np.ndarray]:
    """Few distinct scores (ties), classes and clips without labels, sometimes an infinite score or one class only."""
    rng = np.random.default_rng(seed)
    clips, classes = 1 + seed % 13, 1 + seed % 8
    y_NC = (rng.random((clips, classes)) < rng.choice([0.0, 0.2, 0.6], classes)) & (rng.random((clips, 1)) < 0.8)
    score_NC = rng.integers(rng.integers(1, 30), size=(clips, classes), endpoint=True) / 30
    score_NC[rng.integers(clips)] = 0.25
    score_NC[rng.integers(clips), 0] = rng.choice([np.inf, 0.5])
    return y_NC, score_NC.astype(rng.choice([np.float32, np.float64]))


def single_labels(y_NC: np.ndarray) -> np.ndarray:
    """Each clip's first label alone."""
    return y_NC & (np.cumsum(y_NC, axis=1) == 1)


def test_vs_reference():
    for seed in range(CASES):
        y_NC, score_NC = random_case(seed)
        for fast, slow in zip(lwlrap(y_NC, score_NC), reference.lwlrap(y_NC, score_NC), strict=True):
            np.testing.assert_allclose(fast, slow, rtol=0, atol=1e-12)
        one_NC = single_labels(y_NC)
        np.testing.assert_array_equal(reciprocal_ranks(one_NC, score_NC), reference.reciprocal_ranks(one_NC, score_NC))


def test_lwlrap_vs_sklearn():
    compared = 0
    for seed in range(CASES):
        y_NC, score_NC = random_case(seed)
        labelled_N = y_NC.any(axis=1)
        if labelled_N.any() and y_NC.shape[1] > 1:  # scikit-learn wants two classes
            truth, scores = y_NC[labelled_N], np.where(np.isinf(score_NC), 2.0, score_NC)[labelled_N]
            expected = label_ranking_average_precision_score(truth, scores, sample_weight=truth.sum(axis=1))
            assert lwlrap(y_NC, score_NC).value == pytest.approx(expected, abs=1e-12)
            compared += 1
    assert compared > CASES / 2


def test_worked_values():
    value, class_C, weight_C = lwlrap(TRUTH, SCORES)
    assert value == pytest.approx(7 / 9, abs=1e-12)
    np.testing.assert_allclose(class_C, [5 / 6, 1, 2 / 3, 1 / 3], atol=1e-12)
    np.testing.assert_allclose(weight_C, [1 / 3, 1 / 3, 1 / 6, 1 / 6], atol=1e-12)
    assert np.nanmean(np.nanmean(label_precisions(TRUTH[:4], SCORES[:4]), axis=1)) == pytest.approx(
        0.75
    )  # LRAP, not weighted
    assert lwlrap(
        np.array([[1, 0, 0], [1, 1, 0]], bool), np.array([[0.2, 0.5, 0.3], [0.9, 0.1, 0.4]])
    ).value == pytest.approx(2 / 3)


def test_worked_value_of_map_at_3():
    scores = np.array([[0.9, 0.05, 0.03, 0.02], [0.5, 0.3, 0.15, 0.05], [0.4, 0.3, 0.2, 0.1], [0.4, 0.3, 0.2, 0.1]])
    np.testing.assert_array_equal(reciprocal_ranks(np.eye(4, dtype=bool), scores), [1, 1 / 2, 1 / 3, 0])


def test_ties_are_ranked_at_the_lowest_of_their_places():
    assert lwlrap(TRUTH, np.full(SCORES.shape, 0.5)).value == pytest.approx(5 / 12, abs=1e-12)  # .4167
    assert reciprocal_ranks(np.eye(3, dtype=bool), np.full((3, 3), 0.5)).tolist() == [1 / 3] * 3
    assert reciprocal_ranks(np.eye(4, dtype=bool)[:1], np.full((1, 4), 0.5)).tolist() == [0]


def test_clips_without_labels_are_left_out():
    empty = np.zeros((1, 4), bool)
    assert lwlrap(np.vstack([TRUTH, empty]), np.vstack([SCORES, SCORES[:1]])).value == lwlrap(TRUTH, SCORES).value
    assert np.isnan(reciprocal_ranks(empty, SCORES[:1])).all()
    assert np.isnan(lwlrap(empty, SCORES[:1]).value) and np.isnan(
        lwlrap(np.zeros((0, 4), bool), np.zeros((0, 4))).value
    )


@pytest.mark.parametrize("metric", [reciprocal_ranks, label_precisions, lwlrap])
def test_bad_scores_are_refused(metric):
    spoiled = np.where(SCORES == 0.9, np.nan, SCORES)
    with pytest.raises(PslError, match="2 of 5 clips, in 2 classes, have NaN"):
        metric(single_labels(TRUTH), spoiled)
    with pytest.raises(PslError, match=r"\(5, 4\) and \(5, 3\)"):
        metric(single_labels(TRUTH), SCORES[:, :3])


def test_map_at_3_of_clips_with_several_labels_is_refused():
    with pytest.raises(
        PslError, match=r"mAP@3 is for clips of one label: 2 of 5 clips have more, the first is number 0"
    ):
        reciprocal_ranks(TRUTH, SCORES)
