"""What random scores are expected to get equals a simulation, and what is no better than that is named."""

import numpy as np
import pytest

from psl.evaluation.scores.ranking.average_precision import average_precision
from psl.evaluation.tagging.chance import NAMED, chance_ap, chance_sentences
from psl.evaluation.tagging.summary import evaluate
from psl.io.metadata.vocabulary import Vocabulary

RNG = np.random.default_rng(3)
POSITIVES = [1, 2, 5, 12, 0]
TRUTH = np.arange(12)[:, None] < POSITIVES
NUMBERS = {"mAP": 0.17, "mAP_low": 0.15, "mAP_high": 0.19, "chance_mAP": 0.168, "n_clips": 12, "n_classes": 20}


def classes(n, **values):
    return [{"name": f"c{number}", "positives": 4, "ap": 0.5, "chance_ap": 0.2} | values for number in range(n)]


def said(rows=(), is_annotator=False, **numbers):
    return chance_sentences("PSL-2s", NUMBERS | numbers, rows, is_annotator=is_annotator)


@pytest.mark.parametrize("known_NC", [None, np.arange(12)[:, None] < [12, 3, 10, 12, 12]])
def test_the_expected_ap_is_the_mean_of_random_scores(known_NC):
    found = [average_precision(TRUTH, RNG.random(TRUTH.shape), known_NC) for _ in range(4000)]
    assert chance_ap(TRUTH, known_NC) == pytest.approx(np.mean(found, axis=0), abs=0.015, nan_ok=True)
    assert np.isnan(chance_ap(TRUTH, known_NC)[[3, 4]]).tolist() == [known_NC is not None, True]


def test_the_summary_holds_chance_over_the_classes_that_are_scored():
    vocabulary = Vocabulary(tuple("abcde"), tuple("ABCDE"))
    settings = {"bootstrap_samples": 100, "confidence": 0.9, "seed": 1}
    scores = {1: RNG.random(TRUTH.shape)}
    found = evaluate(TRUTH, scores, vocabulary, highest_SNC=scores, unmatched=[1], **settings)
    assert found.summary["chance_mAP"] == pytest.approx(chance_ap(TRUTH)[[0, 2]].mean(), abs=1e-6)
    assert [row["chance_ap"] is None for row in found.classes] == [False, True, False, True, True]
    assert "no better than chance" in chance_sentences("x", found.summary, found.classes, is_annotator=False)[0]


def test_a_model_is_no_better_than_chance_until_its_interval_lies_above_it():
    (sentence,) = said()
    assert sentence.startswith("PSL-2s is no better than chance, as far as 12 clips can tell: its mAP of 17.0 % (15.0 ")
    assert "above the 16.8 %" in sentence and "train_student.max_steps" in sentence
    assert "train_annotator.max_steps" in said(is_annotator=True)[0]
    assert said(mAP_low=0.168) and not said(mAP_low=0.1681)


def test_classes_at_chance_are_named_up_to_ten_and_others_are_not():
    rows = [*classes(1), *classes(2, ap=0.2), *classes(1, ap=None, chance_ap=None), *classes(1, ap=1, chance_ap=1)]
    (sentence,) = said(rows, mAP_low=0.5)
    assert sentence.startswith("PSL-2s has not learnt 2 of 20 classes") and sentence.endswith(": c0 (4), c1 (4).")
    (sentence,) = said(classes(NAMED + 3, ap=0.1), mAP_low=0.5)
    assert sentence.endswith("c9 (4), and 3 more.")
    assert said(classes(3), mAP_low=0.5) == []
