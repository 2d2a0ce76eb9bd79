"""PSDS equals its worked values, its slow reference and sed_scores_eval, and keeps the laws that it must keep."""

import json
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from detection_cases import CRITERIA, random_case, usable
from hypothesis import given, settings
from hypothesis import strategies as st

from psl.evaluation.detection.dcase_score import dcase_score
from psl.evaluation.detection.metrics import psds_reference
from psl.evaluation.detection.metrics.events import within_clips
from psl.evaluation.detection.metrics.ground_truth import Event, FrameScores, GroundTruth
from psl.evaluation.detection.metrics.psds import PSDS1, PSDS2, Criteria, psds
from psl.runtime.errors import PslError

CASES = json.loads(Path(__file__).with_name("psds_cases.json").read_text())
SEEDS = st.integers(0, 10**6)


def worked() -> tuple[dict[str, FrameScores], GroundTruth]:
    """Facts 3.3: two clips of ten one-second steps, classes a and b."""
    score_TC = np.zeros((2, 10, 2))
    score_TC[0, 2:6, 0], score_TC[0, 7, 0], score_TC[0, 3, 1] = 0.9, 0.5, 0.6
    score_TC[1, 0:4, 1], score_TC[1, 6:9, 0] = 0.8, 0.4
    events = (Event("x", 2, 6, 0), Event("y", 0, 4.5, 1), Event("y", 6, 9, 0))
    scores = {name: FrameScores(np.arange(11.0), one) for name, one in zip("xy", score_TC, strict=True)}
    return scores, GroundTruth(events, {"x": 10.0, "y": 10.0}, ("a", "b"))


def test_worked_values():
    assert psds(*worked(), PSDS1).value == pytest.approx(0.5, abs=1e-12)
    np.testing.assert_allclose(psds(*worked(), PSDS1).class_value_C, [0.5, 1.0], atol=1e-12)
    assert psds(*worked(), replace(PSDS1, max_efpr=1000.0)).value == pytest.approx(0.91, abs=1e-12)
    assert psds(*worked(), PSDS2).value == pytest.approx(1.0, abs=1e-12)


def test_the_staircases_of_the_worked_case():
    result = psds(*worked(), replace(PSDS1, max_efpr=1000.0))
    assert [curve.efpr_S.tolist() for curve in result.class_curve_C] == [[0.0, 180.0], [0.0]]
    assert [curve.tpr_S.tolist() for curve in result.class_curve_C] == [[0.5, 1.0], [1.0]]
    assert (result.curve.efpr_S.tolist(), result.curve.tpr_S.tolist()) == ([0.0, 180.0], [0.5, 1.0])


def test_the_dcase_score_of_the_poster():
    assert round(dcase_score(0.452, 0.746), 2) == 1.40
    assert dcase_score(0.315, 0.547) == pytest.approx(1)
    assert dcase_score(0.5, 0.5, baseline1=0.25, baseline2=0.5) == pytest.approx(1.5)
    with pytest.raises(PslError, match="give numbers above 0"):
        dcase_score(0.4, 0.6, baseline1=0)


def test_vs_reference():
    compared = 0
    for seed in range(800):
        scores, truth = random_case(seed, clips=1 + seed % 4, classes=1 + seed % 3, steps=8)
        name = list(CRITERIA)[seed % len(CRITERIA)]
        for criteria in (CRITERIA[name], replace(CRITERIA[name], max_efpr=1.0 + 1000 * (seed % 3))):
            if usable(truth, criteria):
                expected = psds_reference.psds(scores, truth, criteria)
                assert psds(scores, truth, criteria).value == pytest.approx(expected, abs=1e-12), (seed, name)
                compared += 1
    assert compared >= 1000


@pytest.mark.parametrize("case", CASES, ids=range(len(CASES)))
def test_vs_values_of_sed_scores_eval(case):
    scores = {
        clip_id: FrameScores(np.array(edges_s), np.array(score_TC))
        for clip_id, (edges_s, score_TC) in case["scores"].items()
    }
    truth = GroundTruth(tuple(Event(*event) for event in case["events"]), case["duration_s"], tuple(case["classes"]))
    for name, value in case["psds"].items():
        assert psds(scores, truth, CRITERIA[name]).value == pytest.approx(value, abs=1e-9), name


@pytest.mark.filterwarnings("ignore")
def test_vs_sed_scores_eval():
    pytest.importorskip("sed_scores_eval", reason="sed_scores_eval is not installed: pip install -e '.[reference]'")
    from by_sed_scores_eval import psds_call

    for seed in range(60):
        scores, truth = random_case(seed, clips=1 + seed % 6, classes=1 + seed % 4, steps=30)
        for criteria in (one for one in CRITERIA.values() if usable(truth, one)):
            theirs = psds_call(scores, within_clips(truth), criteria)()
            assert psds(scores, truth, criteria).value == pytest.approx(theirs, abs=1e-9), (seed, criteria)


@settings(max_examples=60)
@given(seed=SEEDS, name=st.sampled_from(list(CRITERIA)))
def test_the_order_of_clips_and_classes_changes_nothing(seed, name):
    scores, truth = random_case(seed)
    if usable(truth, CRITERIA[name]):
        rng = np.random.default_rng(seed)
        order = rng.permutation(len(truth.classes))
        new_number = np.argsort(order).tolist()
        names = {old: f"renamed{n}" for n, old in enumerate(rng.permutation(sorted(scores)).tolist())}
        moved = {names[clip_id]: FrameScores(clip.edges_s, clip.score_TC[:, order]) for clip_id, clip in scores.items()}
        events = [Event(names[e.clip_id], e.onset_s, e.offset_s, new_number[e.class_id]) for e in truth.events]
        durations = {names[clip_id]: duration_s for clip_id, duration_s in truth.duration_s.items()}
        moved_truth = GroundTruth(tuple(events[::-1]), durations, tuple(truth.classes[c] for c in order))
        first, second = psds(scores, truth, CRITERIA[name]), psds(moved, moved_truth, CRITERIA[name])
        assert second.value == pytest.approx(first.value, abs=1e-12)
        np.testing.assert_allclose(second.class_value_C, first.class_value_C[order], atol=1e-12)


@settings(max_examples=60)
@given(seed=SEEDS, name=st.sampled_from(list(CRITERIA)))
def test_steps_cut_in_two_and_scores_in_other_units_change_nothing(seed, name):
    scores, truth = random_case(seed)
    if usable(truth, CRITERIA[name]):
        cut = {clip_id: _halved(clip) for clip_id, clip in scores.items()}
        assert psds(cut, truth, CRITERIA[name]).value == pytest.approx(
            psds(scores, truth, CRITERIA[name]).value, abs=1e-12
        )


def _halved(clip: FrameScores) -> FrameScores:
    """Each step as two with the same score, and scores on another scale, below 0 too."""
    middles_s = (clip.edges_s[:-1] + clip.edges_s[1:]) / 2
    return FrameScores(
        np.sort(np.append(clip.edges_s, middles_s)),
        np.repeat(np.exp(3 * clip.score_TC.astype(np.float64)) - 5, 2, axis=0),
    )


@settings(max_examples=60)
@given(seed=SEEDS, raised_by=st.floats(0.01, 2))
def test_a_surer_right_detection_never_lowers_its_class(seed, raised_by):
    scores, truth = random_case(seed)
    score_T1 = np.where((np.arange(6) >= 2) & (np.arange(6) < 4), 0.4, 0.0)[:, None]
    score_TC = np.hstack([score_T1, np.zeros((6, len(truth.classes) - 1))])
    more_truth = replace(
        truth, events=(*truth.events, Event("z", 2.0, 4.0, 0)), duration_s={**truth.duration_s, "z": 6.0}
    )
    before = psds({**scores, "z": FrameScores(np.arange(7.0), score_TC)}, more_truth, PSDS1)
    surer = FrameScores(np.arange(7.0), score_TC + raised_by * (score_TC > 0))
    after = psds({**scores, "z": surer}, more_truth, PSDS1)
    assert after.class_value_C[0] >= before.class_value_C[0] - 1e-12
    np.testing.assert_array_equal(after.class_value_C[1:], before.class_value_C[1:])


def test_a_better_class_can_lower_the_score_because_classes_then_differ_more():
    truth = GroundTruth(
        tuple(Event(clip_id, 2, 4, c) for clip_id in "pq" for c in range(3)), {"p": 10.0, "q": 10.0}, ("a", "b", "c")
    )
    found_TC = np.zeros((10, 3))
    found_TC[2:4] = 1.0
    half = {"p": FrameScores(np.arange(11.0), found_TC), "q": FrameScores(np.arange(11.0), np.zeros((10, 3)))}
    better = half | {"q": FrameScores(np.arange(11.0), found_TC * [1, 0, 0])}
    assert psds(half, truth, PSDS1).value == 0.5
    assert psds(better, truth, PSDS1).value == pytest.approx(2 / 3 - np.sqrt(2) / 6)
    assert psds(better, truth, replace(PSDS1, alpha_st=0.0)).value == pytest.approx(2 / 3)


def test_a_class_without_events_is_left_out():
    scores, truth = worked()
    more = {
        clip_id: FrameScores(clip.edges_s, np.hstack([clip.score_TC, np.ones((10, 1))]))
        for clip_id, clip in scores.items()
    }
    for criteria in CRITERIA.values():
        with_third = psds(more, replace(truth, classes=("a", "b", "never")), criteria)
        assert with_third.value == psds(scores, truth, criteria).value
        assert np.isnan(with_third.class_value_C[2])


def test_one_class_alone_is_scored_but_cannot_be_triggered_by_others():
    scores, truth = worked()
    alone = {clip_id: FrameScores(clip.edges_s, clip.score_TC[:, :1]) for clip_id, clip in scores.items()}
    only = GroundTruth(tuple(event for event in truth.events if event.class_id == 0), truth.duration_s, ("a",))
    assert psds(alone, only, PSDS1).value == pytest.approx(0.5)
    with pytest.raises(PslError, match="only one class has events"):
        psds(alone, only, PSDS2)


def test_truth_without_any_event_is_a_sentence():
    scores, truth = worked()
    with pytest.raises(PslError, match="has no event, so that no detection"):
        psds(scores, replace(truth, events=()), PSDS1)


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"dtc": 0.0}, "dtc is 0.0, and is a share"),
        ({"gtc": 1.5}, "gtc is 1.5, and is a share"),
        ({"cttc": 0.3}, "give both, or neither"),
        ({"alpha_ct": 0.5}, "give both, or neither"),
        ({"alpha_st": -1.0}, "must not lie below 0"),
        ({"max_efpr": 0.0}, "must lie above it"),
    ],
)
def test_criteria_that_make_no_sense_are_a_sentence(change, message):
    with pytest.raises(PslError, match=message):
        replace(PSDS1, **change)


def test_the_criteria_are_those_of_dcase():
    assert Criteria(0.7, 0.7, None, 0.0, 1.0, 100.0) == PSDS1
    assert Criteria(0.1, 0.1, 0.3, 0.5, 1.0, 100.0) == PSDS2
