"""Any two models: who is better, by how much, and whether that is more than chance, in a sentence."""

import pytest
from test_report import FOUND, evaluation

from psl.evaluation.scores.paired import Paired
from psl.report.order import Comparison
from psl.report.pairs import pairs, pairs_section, verdict

SAMPLES = {row.key: evaluation(row.numbers["mAP"]).samples["mAP"] for row in FOUND}


def test_every_two_models_are_a_pair_once():
    found = pairs(FOUND, SAMPLES, confidence=0.95)
    assert len({frozenset((pair.first, pair.second)) for pair in found}) == len(found) == 10
    of_two = next(pair for pair in found if (pair.first, pair.second) == ("Weak labels", "PSL-0.5s"))
    assert of_two.verdict.startswith("PSL-0.5s is better than Weak labels by +23.0 (+23.0")


@pytest.mark.parametrize(
    ("difference", "n_clips", "said"),
    [
        ((0.03, 0.01, 0.05), 100, "B is better than A by +3.0 (+1.0 \u2013 +5.0) points of mAP: more than chance."),
        ((-0.03, -0.05, -0.01), 100, "A is better than B by +3.0 (+1.0 \u2013 +5.0) points of mAP: more than chance."),
        (
            (-0.01, -0.03, 0.02),
            100,
            "Not settled: A is ahead of B by +1.0 (\u22122.0 \u2013 +3.0) points of mAP on these",
        ),
        ((0.03, 0.01, 0.05), 29, "Not settled: B is ahead of A by +3.0"),
    ],
)
def test_the_verdict_says_who_is_ahead_and_whether_it_is_chance(difference, n_clips, said):
    text = verdict(Comparison("B", "A", Paired(*difference, 0.5), n_clips))
    assert text.startswith(said) and ("too few" in text) == (n_clips < 30)


def test_one_model_alone_has_no_section():
    assert pairs_section(pairs(FOUND[:1], SAMPLES, confidence=0.95)) == []
