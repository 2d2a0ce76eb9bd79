"""A calibration is that of maximum likelihood, rises, and stays finite; training applies it to the labels it reads."""

import json
from dataclasses import replace

import numpy as np
import pytest
from calibration_cases import pairs_of, sigmoid
from hypothesis import given, settings
from hypothesis import strategies as st
from label_fakes import VOCABULARY, write
from scipy.optimize import minimize
from sklearn.linear_model import LogisticRegression

from psl.io.labels.calibration import (
    OF_THE_SAME,
    SMALLEST,
    Calibration,
    about_labels,
    calibrated_labels,
    logit,
    read_calibration,
)
from psl.io.schemas import Q_ONE
from psl.labels.calibration.fit import SMALLEST_SLOPE, fit_calibration, fit_global
from psl.labels.calibration.logistic import Lines, Observations, fit_lines
from psl.labels.calibration.pairs import Pairs
from psl.runtime.errors import PslError

ALL_3 = np.ones(3, bool)
LINES = Calibration(np.array([0.5, 1.0, 2.0]), np.array([1.0, 0.0, -1.0]), {})


@pytest.fixture
def rng():
    return np.random.default_rng(0)


def known(p_NC, y_NC):
    return Pairs(np.array(p_NC, float), np.array(y_NC, bool), np.ones(np.shape(y_NC), bool))


@pytest.mark.parametrize(("slope", "offset"), [(0.7, 0.3), (1.6, -1.0), (0.1, -2.0)])
def test_the_global_curve_vs_sklearn(slope, offset, rng):
    pairs = pairs_of(rng.normal(-2, 2.5, (400, 4)), 1, slope, offset)
    expected = LogisticRegression(C=np.inf, tol=1e-10, max_iter=1000).fit(
        logit(pairs.p_NC).reshape(-1, 1), pairs.y_NC.ravel()
    )
    np.testing.assert_allclose(fit_global(pairs, ridge=0.0), (expected.coef_[0, 0], expected.intercept_[0]), atol=1e-4)
    np.testing.assert_allclose(fit_global(pairs), fit_global(pairs, ridge=0.0), atol=0.02)


@given(st.integers(0, 100))
@settings(max_examples=15, deadline=None)
def test_what_is_calibrated_stays_about_as_it_is(seed):
    x_NC = np.random.default_rng(seed).normal(-1, 2, (3000, 3))
    slope_C, offset_C = fit_calibration(pairs_of(x_NC, seed), ALL_3, 20.0)
    assert np.abs(slope_C - 1).max() < 0.3 and np.abs(offset_C).max() < 0.4


def test_classes_go_from_their_own_curve_to_the_global_one_as_shrinkage_grows(rng):
    x_NC = rng.normal(-1, 2, (400, 3))
    own = np.array([-1.5, 0.0, 1.5])
    y_NC = rng.random(x_NC.shape) < sigmoid(x_NC + own)
    pairs = known(sigmoid(x_NC), y_NC)
    distances = []
    for clips in (0.0, 20.0, 200.0, 2000.0, 1e9):
        slope_C, offset_C = fit_calibration(pairs, ALL_3, clips)
        distances.append(np.abs(offset_C - fit_global(pairs)[1]).max())
    assert distances == sorted(distances, reverse=True)
    assert distances[0] > 1.0 and distances[-1] < 1e-3
    alone = [fit_global(known(sigmoid(x_NC[:, [c]]), y_NC[:, [c]]), ridge=0.0) for c in range(3)]
    np.testing.assert_allclose(np.transpose(fit_calibration(pairs, ALL_3, 0.0)), alone, atol=1e-3)


@pytest.mark.parametrize("ridge", [0.5, 30.0])
def test_curves_vs_the_minimum_that_scipy_finds(rng, ridge):
    x_NC, weight_NC = rng.normal(0, 2, (200, 3)), rng.random((200, 3))
    y_NC = rng.random(x_NC.shape) < sigmoid(np.array([1.0, 0.2, -1.0]) * x_NC + 1)
    towards = Lines(np.array([0.8, 0.8, 0.8]), np.array([-1.0, 2.0, 0.5]))

    def loss(line_2, c):
        z_N = line_2[0] * x_NC[:, c] + line_2[1]
        losses_N = weight_NC[:, c] * (np.logaddexp(0, z_N) - y_NC[:, c] * z_N)
        return losses_N.sum() + ridge / 2 * ((line_2 - np.transpose(towards)[c]) ** 2).sum()

    found = [minimize(loss, [1, 0], (c,), bounds=[(0.01, None), (None, None)]).x for c in range(3)]
    lines = fit_lines(Observations(x_NC, y_NC, weight_NC), towards, ridge, 0.01)
    np.testing.assert_allclose(np.transpose(lines), found, atol=1e-3)


def test_a_class_with_few_labels_is_nearer_to_the_global_curve_than_one_with_many(rng):
    x_NC = rng.normal(-1, 2, (500, 3))
    y_NC = rng.random(x_NC.shape) < sigmoid(x_NC + np.array([0, 0, 2]))
    seldom_known = Pairs(sigmoid(x_NC), y_NC, np.ones(y_NC.shape, bool))
    seldom_known.known_NC[20:, 2] = False
    often, seldom = (fit_calibration(p, ALL_3, 20.0).offset_C for p in (known(sigmoid(x_NC), y_NC), seldom_known))
    assert 0.2 < seldom[2] < often[2]


def test_shrinkage_does_not_depend_on_the_scale_of_the_annotators_logits(rng):
    x_NC = rng.normal(-1, 2, (300, 3))
    y_NC = rng.random(x_NC.shape) < sigmoid(x_NC + np.array([-1, 0, 1]))
    one, other = (fit_calibration(known(sigmoid(z), y_NC), ALL_3, 50.0) for z in (x_NC, 0.4 * x_NC - 2))
    np.testing.assert_allclose(other.slope_C * 0.4, one.slope_C, rtol=0.02)
    np.testing.assert_allclose(other.offset_C - 2 * other.slope_C, one.offset_C, atol=0.02)


HARD = {
    "no label": ([0, 0, 0, 0], [0.1, 0.2, 0.9, 0.5]),
    "all labels": ([1, 1, 1, 1], [0.1, 0.2, 0.9, 0.5]),
    "separated": ([0, 0, 1, 1], [0.1, 0.2, 0.8, 0.9]),
    "zeros and ones": ([0, 1, 0, 1], [0.0, 1.0, 1.0, 0.0]),
    "constant": ([0, 1, 0, 1], [0.3, 0.3, 0.3, 0.3]),
    "the wrong way round": ([1, 1, 0, 0], [0.0, 0.1, 0.9, 1.0]),
}


@pytest.mark.parametrize("clips", [0.0, 20.0])
@pytest.mark.parametrize("case", HARD)
def test_hard_classes_get_a_finite_rising_curve(case, clips):
    y_N, p_N = HARD[case]
    for pairs in (known(np.tile(p_N, (3, 1)).T, np.tile(y_N, (3, 1)).T), known(np.c_[p_N], np.c_[y_N])):
        lines = fit_calibration(pairs, np.ones(pairs.y_NC.shape[1], bool), clips)
        assert np.isfinite(lines).all() and (lines.slope_C >= SMALLEST_SLOPE * (1 - 1e-9)).all()
        curve = Calibration(*lines, labels={})(np.linspace(0, 1, 101)[:, None] * np.ones_like(lines.slope_C))
        assert (np.diff(curve, axis=0) >= 0).all() and curve.min() >= 0 and curve.max() <= 1


def test_curves_commute_with_the_maximum_over_windows(rng):
    p_WC = rng.random((6, 3)).astype(np.float32)
    np.testing.assert_array_equal(LINES(p_WC).max(axis=0), LINES(p_WC.max(axis=0)[None])[0])


def test_classes_that_the_annotator_lacks_and_pairs_that_are_unknown_change_nothing(rng):
    pairs = pairs_of(rng.normal(0, 2, (200, 3)), 2, 0.5, 1.0)
    two = fit_calibration(pairs, np.array([True, True, False]), 20.0)
    assert two.slope_C[2] == 1 and two.offset_C[2] == 0
    other = replace(pairs, y_NC=pairs.y_NC ^ [False, False, True])
    np.testing.assert_array_equal(two, fit_calibration(other, np.array([True, True, False]), 20.0))
    known_NC = np.arange(200)[:, None] < np.array([150, 200, 100])
    masked, cut = replace(pairs, known_NC=known_NC), replace(pairs, known_NC=known_NC, y_NC=pairs.y_NC & known_NC)
    np.testing.assert_array_equal(fit_calibration(masked, ALL_3, 5.0), fit_calibration(cut, ALL_3, 5.0))


def test_many_independent_windows_that_are_right_on_their_own_raise_the_curve(rng):
    p_NW = sigmoid(rng.normal(-3, 2, (4000, 10)))
    y_NW = rng.random(p_NW.shape) < p_NW
    slope, offset = fit_global(known(p_NW.max(axis=1)[:, None], y_NW.any(axis=1)[:, None]))
    assert 0.8 < slope < 1.2 and 1.0 < offset < 1.6  # psl.labels.calibration.fit says 1.3


def test_probabilities_keep_nan_and_classes_that_are_not_changed():
    p_BC = np.array([[0.0, 0.0, 1.0], [np.nan, np.nan, 0.5]])
    out_BC = LINES(p_BC)
    assert out_BC.dtype == np.float32 and out_BC[0, 1] == 0 and np.isnan(out_BC[1, :2]).all()
    assert out_BC[0, 0] == pytest.approx(sigmoid(0.5 * np.log(SMALLEST / (1 - SMALLEST)) + 1), rel=1e-5)
    assert out_BC[1, 2] == pytest.approx(sigmoid(-1.0))


@given(st.integers(0, 1000), st.sampled_from([0.0, 0.3]))
@settings(max_examples=25, deadline=None)
def test_labels_are_calibrated_as_their_probabilities_are(tmp_path_factory, seed, min_probability):
    p_WC = np.random.default_rng(seed).random((7, 3)).astype(np.float32)
    clips = {"a": p_WC[:4].tolist(), "b": p_WC[4:].tolist()}
    labels = write(tmp_path_factory.mktemp("labels") / "2", clips, min_probability=min_probability)
    calibration = replace(LINES, labels=about_labels(labels.provenance))
    changed, rows = calibrated_labels(labels, calibration), np.arange(7)
    np.testing.assert_allclose(changed.dense(rows), calibration(labels.dense(rows)), atol=0.51 / Q_ONE)
    np.testing.assert_array_equal(changed.dense(rows)[:, 1], labels.dense(rows)[:, 1])
    assert changed.q_K.dtype == np.uint16 and changed.class_K is labels.class_K


def test_no_label_of_a_class_that_is_not_changed_moves(tmp_path):
    p_W = np.array([0.0, 1.0, 1e-5, 3e-5, 0.5, 1 - 3e-5])
    labels = write(tmp_path / "2", {"a": np.repeat(p_W[:, None], 3, axis=1).tolist()})
    same = Calibration(np.ones(3), np.zeros(3), about_labels(labels.provenance))
    np.testing.assert_array_equal(calibrated_labels(labels, same).q_K, labels.q_K)


def test_other_labels_are_refused_and_weak_ones_stay(tmp_path):
    labels = write(tmp_path / "2", {"a": [[0.1, 0.2, 0.3]]})
    assert labels.provenance.keys() & set(OF_THE_SAME) == {"annotator", "vocabulary_hash"}
    for name, value in (("annotator", "mn04"), ("window", {"seconds": 5.0}), ("vocabulary_hash", "0")):
        other = replace(LINES, labels=about_labels(labels.provenance) | {name: value})
        with pytest.raises(PslError, match=f"labels with {name} .*, and these have"):
            calibrated_labels(labels, other)
    weak = replace(labels, provenance={**labels.provenance, "kind": "weak"})
    assert calibrated_labels(weak, LINES) is weak


def test_a_calibration_is_read_from_the_stages_report(tmp_path):
    path = tmp_path / "2.json"
    rows = [
        {"mid": m, "slope": s, "offset": o} for m, s, o in zip(VOCABULARY.mids, (0.5, 1, 2), (1, 0, -1), strict=True)
    ]
    path.write_text(json.dumps({"classes": rows, "labels": {"annotator": "fake"}, "verdict": {}}))
    read = read_calibration(path)
    np.testing.assert_array_equal((read.slope_C, read.offset_C), (LINES.slope_C, LINES.offset_C))
    assert read.labels == {"annotator": "fake"}
    with pytest.raises(PslError, match="does not exist: run the stage calibrate"):
        read_calibration(tmp_path / "5.json")
    for damage in ({"slope": 0}, {"slope": "x"}, {"offset": float("nan")}, {"offset": None}):
        path.write_text(json.dumps({"classes": [rows[0] | damage], "labels": {}}))
        with pytest.raises(PslError, match="cannot be read"):
            read_calibration(path)
    for text in ("{", "[]", "{}"):
        path.write_text(text)
        with pytest.raises(PslError, match="cannot be read"):
            read_calibration(path)
