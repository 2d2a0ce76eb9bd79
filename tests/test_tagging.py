"""An evaluation agrees with its metrics, leaves empty classes out by name, and is plain JSON."""

import json

import numpy as np
import pytest

from psl.evaluation.scores.ranking.average_precision import average_precision
from psl.evaluation.tagging.metrics.d_prime import d_prime
from psl.evaluation.tagging.metrics.roc_auc import auc
from psl.evaluation.tagging.summary import evaluate, rows_of
from psl.io.metadata.vocabulary import Vocabulary
from psl.runtime.errors import PslError

VOCABULARY = Vocabulary(("/m/a", "/m/b", "/m/c"), ("Sine wave", "Chirp, tweet", "Siren"))
RNG = np.random.default_rng(5)
TRUTH = RNG.random((60, 3)) < [0.3, 0.2, 0.0]
SCORES = {seed: (RNG.normal(size=TRUTH.shape) + TRUTH).astype(np.float32) for seed in (7, 3)}


def run(y_NC=TRUTH, scores=SCORES, **changes):
    how = {"highest_SNC": scores, "bootstrap_samples": 200, "confidence": 0.95, "seed": 1}
    return evaluate(y_NC, scores, VOCABULARY, **how | changes)


def test_summary_is_the_mean_over_classes_with_positives_and_over_seeds():
    summary = run().summary
    maps = [float(np.nanmean(average_precision(TRUTH, score_NC))) for score_NC in SCORES.values()]
    aucs = [float(np.nanmean(auc(TRUTH, score_NC))) for score_NC in SCORES.values()]
    assert summary["mAP_seeds"] == pytest.approx(maps, abs=1e-6)
    assert summary["mAP"] == pytest.approx(np.mean(maps), abs=1e-6)
    assert summary["auc"] == pytest.approx(np.mean(aucs), abs=1e-6)
    assert summary["d_prime"] == pytest.approx(d_prime(float(np.mean(aucs))), abs=1e-5)


def test_what_was_counted_and_left_out_is_said():
    summary = run().summary
    assert (summary["n_clips"], summary["n_classes"], summary["seeds"]) == (60, 2, [7, 3])
    assert summary["classes_left_out"] == ["Siren"]


def test_interval_holds_the_map_and_widens_with_confidence():
    narrow, wide = run(confidence=0.5).summary, run(confidence=0.99).summary
    assert wide["mAP_low"] < narrow["mAP_low"] < narrow["mAP"] < narrow["mAP_high"] < wide["mAP_high"]


def test_windows_have_numbers_and_samples_of_their_own_on_the_same_clips():
    found = run(highest_SNC={7: TRUTH.astype(float), 3: SCORES[3]})
    assert found.summary["mAP_windows_seeds"] == pytest.approx([1, found.summary["mAP_seeds"][1]])
    assert found.summary["mAP_windows_low"] < found.summary["mAP_windows"] <= found.summary["mAP_windows_high"]
    assert len(found.samples["mAP_windows"]) == len(found.samples["mAP"]) == 200
    assert run().samples["mAP_windows"] == run().samples["mAP"]


def test_rows_per_class_are_means_over_seeds_and_empty_without_positives():
    rows = run().classes
    expected = np.mean([average_precision(TRUTH, score_NC) for score_NC in SCORES.values()], axis=0)
    assert [row["ap"] for row in rows[:2]] == pytest.approx(expected[:2], abs=1e-6)
    assert rows[2] == {"mid": "/m/c", "name": "Siren", "positives": 0, "chance_ap": None, "ap": None, "auc": None}


def test_same_inputs_same_json_and_no_word_that_json_lacks():
    perfect = {1: TRUTH.astype(float)}
    text = json.dumps(run(scores=perfect).summary, allow_nan=False)
    assert text == json.dumps(run(scores=perfect).summary)
    assert json.loads(text)["mAP"] == 1 and json.loads(text)["d_prime"] is None


def test_a_class_of_positives_only_has_no_auc():
    summary = run(np.ones((4, 3), bool), {1: np.ones((4, 3))}, bootstrap_samples=5).summary
    assert (summary["mAP"], summary["auc"]) == (1, None)


def test_no_labels_at_all_is_a_sentence():
    with pytest.raises(PslError, match="none of the 60 clips"):
        run(y_NC=np.zeros_like(TRUTH))


def test_rows_follow_the_clips_that_were_read():
    assert rows_of(["c", "a"], ["a", "b", "c"]).tolist() == [2, 0]
    with pytest.raises(PslError, match="1 clips have features but are not in the corpus's list, first x"):
        rows_of(["a", "x"], ["a", "b"])
