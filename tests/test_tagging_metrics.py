"""AP, AUC and d' equal scikit-learn and slow references, with ties and empty classes; bad scores are refused."""

import math
import warnings

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from sklearn.metrics import average_precision_score, roc_auc_score

from psl.evaluation.scores.ranking.average_precision import average_precision
from psl.evaluation.tagging.metrics import reference
from psl.evaluation.tagging.metrics.d_prime import d_prime
from psl.evaluation.tagging.metrics.roc_auc import auc
from psl.runtime.errors import PslError

TRUTH = np.array([[1, 0, 1, 0], [0, 1, 0, 0], [1, 1, 0, 0], [0, 0, 0, 1], [0, 0, 0, 0]], dtype=bool)
SCORES = np.array(
    [[0.9, 0.8, 0.3, 0.1], [0.2, 0.7, 0.6, 0.1], [0.4, 0.9, 0.6, 0.2], [0.5, 0.1, 0.4, 0.3], [0.3, 0.2, 0.1, 0.05]]
)
CASES = 1000


def random_case(seed: int, clips: int = 30, classes: int = 6) -> tuple[np.ndarray, np.ndarray]:
    """Truth and scores: ties, empty and full classes, clips without labels, a constant class, an infinite score."""
    rng = np.random.default_rng(seed)
    y_NC = rng.random((clips, classes)) < rng.choice([0.0, 0.1, 0.5, 1.0], classes)
    score_NC = rng.integers(rng.integers(1, 40), size=(clips, classes), endpoint=True) / 40
    score_NC[:, 0] = 0.25
    y_NC &= (rng.random((clips, 1)) < 0.8) | (seed % 2 == 0)  # clips without labels
    score_NC[rng.integers(clips), 1] = np.inf
    return y_NC, score_NC.astype(rng.choice([np.float32, np.float64]))


def sklearn_or_nan(metric, y_NC, score_NC, defined_C) -> np.ndarray:
    finite_NC = np.where(np.isinf(score_NC), 2.0, score_NC)
    return np.array(
        [metric(y, s) if defined else np.nan for y, s, defined in zip(y_NC.T, finite_NC.T, defined_C, strict=True)]
    )


def test_average_precision_vs_sklearn():
    for seed in range(CASES):
        y_NC, score_NC = random_case(seed)
        expected = sklearn_or_nan(average_precision_score, y_NC, score_NC, y_NC.any(axis=0))
        np.testing.assert_allclose(average_precision(y_NC, score_NC), expected, rtol=0, atol=1e-12)


def test_auc_vs_sklearn():
    for seed in range(CASES):
        y_NC, score_NC = random_case(seed)
        expected = sklearn_or_nan(roc_auc_score, y_NC, score_NC, y_NC.any(axis=0) & ~y_NC.all(axis=0))
        np.testing.assert_allclose(auc(y_NC, score_NC), expected, rtol=0, atol=1e-12)


@pytest.mark.parametrize("name", ["average_precision", "auc"])
def test_vs_reference(name):
    fast = {"average_precision": average_precision, "auc": auc}[name]
    for seed in range(CASES):
        y_NC, score_NC = random_case(seed, clips=1 + seed % 12)
        np.testing.assert_allclose(fast(y_NC, score_NC), getattr(reference, name)(y_NC, score_NC), rtol=0, atol=1e-12)


def test_worked_values():
    np.testing.assert_allclose(average_precision(TRUTH, SCORES), [5 / 6, 5 / 6, 0.25, 1], atol=1e-12)
    np.testing.assert_allclose(auc(TRUTH, SCORES), [5 / 6, 5 / 6, 0.25, 1], atol=1e-12)
    assert np.mean(average_precision(TRUTH, SCORES)) == pytest.approx(0.729167, abs=5e-7)
    assert d_prime(float(np.mean(auc(TRUTH, SCORES)))) == pytest.approx(0.863087, abs=5e-7)


def test_d_prime_vs_reference():
    for mean_auc in np.random.default_rng(1).random(CASES):
        assert d_prime(mean_auc) == pytest.approx(reference.d_prime(mean_auc), abs=1e-9)


def test_d_prime_of_published_aucs_and_of_the_ends():
    assert [round(d_prime(value), 3) for value in (0.5, 0.959, 0.963, 0.973)] == [0.0, 2.46, 2.527, 2.725]
    assert (d_prime(1.0), d_prime(0.0)) == (math.inf, -math.inf)
    assert math.isnan(d_prime(math.nan))


def test_no_clips_at_all_gives_nan_without_a_warning():
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        assert np.isnan(average_precision(np.zeros((0, 3), bool), np.zeros((0, 3)))).all()
        assert np.isnan(auc(np.zeros((0, 3), bool), np.zeros((0, 3)))).all()


@given(st.integers(0, 10_000), st.sampled_from([average_precision, auc]))
def test_only_the_order_of_scores_counts(seed, metric):
    y_NC, score_NC = random_case(seed)
    shuffled = np.random.default_rng(seed).permutation(len(y_NC))
    ranks = np.unique(score_NC, return_inverse=True)[1].reshape(score_NC.shape)
    np.testing.assert_allclose(
        metric(y_NC[shuffled], ranks[shuffled] ** 3.0), metric(y_NC, score_NC), rtol=0, atol=1e-12
    )


@pytest.mark.parametrize("metric", [average_precision, auc])
def test_bad_scores_are_refused_with_counts(metric):
    spoiled = SCORES.copy()
    spoiled[[0, 0, 3], [1, 2, 1]] = np.nan
    with pytest.raises(PslError, match="2 of 5 clips, in 2 classes, have NaN"):
        metric(TRUTH, spoiled)
    with pytest.raises(PslError, match=r"\(5, 4\) and \(5, 3\)"):
        metric(TRUTH, SCORES[:, :3])
