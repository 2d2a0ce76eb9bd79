"""What is measured of an annotator equals a count by hand and scikit-learn; short windows are told from long ones."""

from dataclasses import replace

import numpy as np
import pytest
from calibration_cases import PARAMS, judged, listen, pairs_of, scene_truth
from hypothesis import given, settings
from hypothesis import strategies as st
from sklearn.metrics import average_precision_score, brier_score_loss

from psl.evaluation.scores.score import Score
from psl.evaluation.tagging.metrics.mean_average_precision import METRIC
from psl.io.files import write_json
from psl.io.labels.calibration import read_calibration
from psl.labels.calibration.cross_fit import FOLDS, calibrate_rows, cross_fitted, folds_of
from psl.labels.calibration.heard import Heard
from psl.labels.calibration.judge import judge
from psl.labels.calibration.measure import mean_average_precision, measure, reliability
from psl.labels.calibration.pairs import Pairs
from psl.labels.calibration.verdict import verdict
from psl.runtime.errors import PslError


def test_reliability_of_a_case_counted_by_hand():
    p_NC = np.array([[0.0, 0.24], [0.25, 0.3], [1.0, 0.9]])
    y_NC = np.array([[False, True], [False, True], [True, False]])
    measured = measure(Pairs(p_NC, y_NC, np.ones((3, 2), bool)), 4)
    assert [(b.low, b.high, b.n) for b in measured.bins] == [(0, 0.25, 2), (0.25, 0.5, 2), (0.5, 0.75, 0), (0.75, 1, 2)]
    assert [b.true for b in measured.bins] == [0.5, 0.5, None, 0.5]
    assert measured.bins[1].p == pytest.approx(0.275) and measured.bins[2].p is None
    assert measured.ece == pytest.approx((abs(0.12 - 0.5) + abs(0.275 - 0.5) + abs(0.95 - 0.5)) * 2 / 6)
    assert (measured.n, measured.n_classes, measured.mean_true) == (3, 2, 0.5)
    assert measured.numbers()["bins"][2] == {"low": 0.5, "high": 0.75, "n": 0, "p": None, "true": None}


@given(st.integers(0, 1000), st.integers(2, 20))
@settings(max_examples=30, deadline=None)
def test_measures_vs_sklearn_over_what_is_known(seed, bins):
    rng = np.random.default_rng(seed)
    pairs = pairs_of(rng.normal(0, 2, (60, 3)), seed)
    pairs = replace(pairs, known_NC=rng.random((60, 3)) < 0.6)
    measured = measure(pairs, bins)
    p_M, y_M = pairs.p_NC[pairs.known_NC], pairs.y_NC[pairs.known_NC]
    assert measured.brier == pytest.approx(brier_score_loss(y_M, p_M))
    assert sum(b.n for b in measured.bins) == len(p_M)
    assert all(b.low <= b.p <= b.high for b in measured.bins if b.n)
    assert measured.ece >= 0 and measured.ece**2 <= measured.brier + 1e-12
    of_class = [average_precision_score(pairs.y_NC[k, c], pairs.p_NC[k, c]) for c, k in enumerate(pairs.known_NC.T)]
    assert mean_average_precision(pairs).value == pytest.approx(np.mean(of_class))


def test_a_class_of_which_only_its_labels_are_known_is_left_out_of_map():
    pairs = pairs_of(np.random.default_rng(0).normal(0, 2, (60, 3)), 0)
    of_two = mean_average_precision(pairs.of(pairs.p_NC)).value, replace(pairs, known_NC=pairs.known_NC.copy())
    of_two[1].known_NC[:, 2] = pairs.y_NC[:, 2]
    first = Pairs(pairs.p_NC[:, :2], pairs.y_NC[:, :2], pairs.known_NC[:, :2])
    assert mean_average_precision(of_two[1]).value == mean_average_precision(first).value != of_two[0]


def test_map_is_that_of_the_evaluation_and_nan_without_a_class_to_score():
    pairs = pairs_of(np.random.default_rng(0).normal(0, 2, (60, 3)), 0)
    pairs = replace(pairs, known_NC=np.random.default_rng(1).random((60, 3)) < 0.6)
    evaluated = METRIC.score(pairs.y_NC, [pairs.p_NC], PARAMS.bootstrap_samples, PARAMS.seed, known_NC=pairs.known_NC)
    found = mean_average_precision(pairs, PARAMS)
    assert found.numbers(0.95) == evaluated.numbers(0.95) and found.numbers(0.95)["mAP_low"] < found.value
    everywhere = Pairs(pairs.p_NC, np.ones((60, 3), bool), np.ones((60, 3), bool))
    assert mean_average_precision(everywhere, PARAMS).value == 1  # all is known
    for known_NC in (pairs.known_NC, np.zeros((60, 3), bool)):  # all that is known is true; nothing is
        assert np.isnan(mean_average_precision(replace(everywhere, known_NC=known_NC), PARAMS).value)


def test_bins_hold_their_ends():
    curve = reliability(np.array([0.0, 0.5, 1.0]), np.array([False, True, True]), 2)
    assert [b.n for b in curve] == [1, 2]


def test_calibration_is_measured_on_clips_that_it_was_not_fitted_to():
    pairs = pairs_of(np.random.default_rng(1).normal(0, 2, (50, 2)), 1, 0.5, -1.0)
    fold_N = folds_of([f"s{n // 5}" for n in range(50)])
    assert sorted(set(fold_N)) == list(range(FOLDS)) and (fold_N[:5] == fold_N[0]).all()
    fits = cross_fitted(pairs, np.ones(2, bool), 20.0, fold_N)
    p_NC = calibrate_rows(pairs.p_NC, np.arange(50), fits)
    flipped = replace(pairs, y_NC=pairs.y_NC ^ (fold_N == 2)[:, None])
    again = cross_fitted(flipped, np.ones(2, bool), 20.0, fold_N)
    same_N = (calibrate_rows(pairs.p_NC, np.arange(50), again) == p_NC).all(axis=1)
    assert same_N[fold_N == 2].all() and not same_N[fold_N != 2].any()


def test_one_source_alone_is_measured_by_its_own_calibration():
    pairs = pairs_of(np.zeros((4, 1)), 1)
    ((mask_N, _),) = cross_fitted(pairs, np.ones(1, bool), 20.0, folds_of(["s"] * 4))
    assert mask_N.all()


def test_a_report_says_what_short_windows_cost_and_calibration_brings():
    truth = scene_truth(200, 8)
    long, (calibration, short) = judged(truth, 10_000, 3.0).report, judged(truth, 1000, 0.8)
    assert long["verdict"]["ratio"] == 1 and not long["verdict"]["too_short"]
    assert (
        short["verdict"]["too_short"] and "windows of 1 s are too short for this annotator" in short["verdict"]["text"]
    )
    assert f"{100 * short['mAP']:.1f} % against the weak labels of 200 validation clips" in short["verdict"]["text"]
    assert f"{100 * short['whole_clips']['mAP']:.1f} % hearing whole clips" in short["verdict"]["text"]
    assert short["mAP_low"] < short["mAP"] < short["mAP_high"] and short["n_clips"] == 200
    for report in (long, short):
        weak = report["measured"]["weak_labels"]
        assert weak["calibrated"]["brier"] < weak["raw"]["brier"] and weak["calibrated"]["ece"] < weak["raw"]["ece"]
    assert sum(row["clips"] for row in calibration["classes"]) == truth.weak_NC.sum()
    assert (
        short["measured"]["true_in_window"]["raw"]["n"] == 2000 and short["measured"]["true_in_clip"]["raw"]["n"] == 200
    )


def test_truth_in_windows_is_that_of_the_events():
    truth = scene_truth(3, 2)
    events = replace(truth.events, clip_E=np.array([0, 2]), class_E=np.array([1, 0]))
    events = replace(events, onset_ms_E=np.array([4000, 0]), offset_ms_E=np.array([5000, 10_000]))
    heard = listen(truth, 5000, skill=2.0)
    weak_NC = np.array([[False, True], [True, False], [True, False]])
    truth = replace(truth, events=events, weak_NC=weak_NC)
    report = judge(
        heard,
        heard.p_NC,
        truth,
        seconds=5.0,
        params=PARAMS.model_copy(update={"min_clips": 1}),
        provenance={"annotator_key": "mn04"},
    ).report
    of_windows, of_clips = (report["measured"][kind]["raw"] for kind in ("true_in_window", "true_in_clip"))
    assert (of_windows["n"], of_clips["n"]) == (4, 2)  # the clip without events is left out
    assert of_windows["mean_true"] == 3 / 8 and of_clips["mean_true"] == 2 / 4  # the first event ends with its window
    assert of_windows["bins"] != of_clips["bins"]


def test_windows_as_long_as_the_clips_are_measured_as_clips_are():
    truth = scene_truth(60, 4, missing=0.4)
    measured = judged(replace(truth, source_N=[f"s{n}" for n in range(60)]), 10_000, 2.0).report["measured"]
    assert measured["true_in_window"] == measured["true_in_clip"] != measured["weak_labels"]


def test_a_clips_score_is_that_of_its_surest_window():
    heard = Heard(["a", "b"], 2)
    heard.add("a", np.arange(2), 1000, np.array([[0.1, 0.9], [0.4, 0.2]], np.float32))
    heard.add("b", np.arange(1), 1000, np.array([[0.3, 0.5]], np.float32))
    assert heard.p_NC == pytest.approx(np.array([[0.4, 0.9], [0.3, 0.5]]))


def test_missing_weak_labels_pull_calibrated_probabilities_down():
    means = [
        judged(scene_truth(300, 8, missing=missing), 2000, 2.5).report["measured"]["true_in_clip"]["calibrated"]
        for missing in (0.0, 0.4)
    ]
    shares = [mean["mean_p"] / mean["mean_true"] for mean in means]
    assert shares[0] == pytest.approx(1.0, abs=0.05) and shares[1] == pytest.approx(0.6, abs=0.08)


def test_classes_that_the_annotator_lacks_count_nowhere_and_stay_raw(tmp_path):
    truth = scene_truth(100, 4, annotated_C=np.array([True, True, True, False]))
    calibration, report = judged(truth, 5000, 2.0)
    assert [(row["slope"], row["offset"]) for row in calibration["classes"]][3] == (1, 0)
    assert report["measured"]["weak_labels"]["raw"]["n_classes"] == 3 and calibration["classes"][3]["clips"] == 0
    write_json(tmp_path / "5.json", calibration)
    read = read_calibration(tmp_path / "5.json")
    assert read.same_C.tolist() == [False, False, False, True]
    assert read.labels == {"annotator": "fake", "annotator_key": "fake", "vocabulary_hash": truth.vocabulary.hash}


def test_where_no_events_are_known_only_weak_labels_are_measured():
    truth = scene_truth(60, 4)
    heard = listen(truth, 5000, skill=2.0)
    truth = replace(truth, events=None)
    report = judge(heard, heard.p_NC, truth, seconds=5.0, params=PARAMS, provenance={"annotator_key": "mn04"}).report
    assert set(report["measured"]) == {"weak_labels"}


def test_without_a_clip_with_a_label_that_the_annotator_knows_nothing_is_judged_and_training_can_go_on_raw(tmp_path):
    truth = scene_truth(20, 3)
    heard = listen(truth, 5000, skill=2.0)
    for lacking in (replace(truth, annotated_C=np.zeros(3, bool)), replace(truth, weak_NC=truth.weak_NC & False)):
        found = judge(heard, heard.p_NC, lacking, seconds=5.0, params=PARAMS, provenance={"annotator_key": "mn04"})
        verdict = found.report["verdict"]
        assert verdict["too_short"] is None and found.report["measured"] == {}
        assert verdict["text"].startswith(
            "Nothing is known of the annotator mn04 in windows of 5 s, since none of the 20 validation clips"
        )
        write_json(tmp_path / "5.json", found.calibration)
        with pytest.raises(PslError, match=r"5\.json holds no calibration: set train_student\.calibrated to false"):
            read_calibration(tmp_path / "5.json")


def test_few_validation_clips_judge_nothing():
    truth = scene_truth(9, 3)
    found = judged(truth, 5000, 2.0)
    assert found.report["measured"] == {} and found.calibration["classes"] == []
    assert "since there are 9 validation clips, and calibrate.min_clips asks for 10:" in found.report["verdict"]["text"]


@pytest.mark.parametrize(("at_window", "too_short"), [(0.39, True), (0.4, False), (0.6, False)])
def test_the_verdict_is_a_share_of_the_map_on_whole_clips(at_window, too_short):
    scores = [Score("mAP", value, np.array([value])) for value in (at_window, 0.5)]
    said = verdict("mn04", 2.0, *scores, n_clips=30, too_short_ratio=0.8)
    assert said.too_short == too_short and said.ratio == at_window / 0.5
    assert ("too short" in said.text) == too_short and "50.0 %" in said.text and "30 validation clips" in said.text


def test_clips_out_of_order_missing_or_impossible_are_refused():
    heard, p_WC = Heard(["a", "b"], 2), np.full((3, 2), 0.5, np.float32)
    with pytest.raises(PslError, match="clip b was added where a is next of the 2 validation clips: add each once, in"):
        heard.add("b", np.arange(3), 1000, p_WC)
    with pytest.raises(PslError, match="not a number from 0 to 1"):
        heard.add("a", np.arange(3), 1000, p_WC * np.nan)
    heard.add("a", np.arange(3), 1000, p_WC)
    with pytest.raises(PslError, match="1 of 2 validation clips"):
        _ = heard.p_NC
    heard.add("b", np.arange(3), 1000, p_WC)
    with pytest.raises(PslError, match="clip b was added where all are there of the 2 validation clips"):
        heard.add("b", np.arange(3), 1000, p_WC)
