"""A score has one form in every report: rounded, with its interval where it was sampled."""

import numpy as np
import pytest

from psl.evaluation.scores.score import Score

SCORE = Score("mAP", 0.51234567, np.array([0.5, np.nan]), sample_D=np.linspace(0.4, 0.6, 101))


def test_numbers_are_rounded_and_carry_the_metrics_name():
    numbers = SCORE.numbers(0.9)
    assert list(numbers) == ["mAP", "mAP_low", "mAP_high"] and numbers["mAP"] == 0.512346
    assert numbers["mAP_low"] == pytest.approx(0.512346 - 0.09) and numbers["mAP_high"] == pytest.approx(
        0.512346 + 0.09
    )
    assert Score("auc", np.inf, np.array([1.0])).numbers(0.9) == {"auc": None}


def test_seeds_are_listed_and_what_json_lacks_is_none():
    assert SCORE.seeds() == {"mAP_seeds": [0.5, None]}


def test_an_interval_ends_at_the_highest_value_that_the_metric_can_have():
    high = np.linspace(0.9, 1.3, 101)
    assert Score("psds1", 0.99, np.array([0.99]), sample_D=high).interval(0.9).high == 1
    assert Score("score", 1.1, np.array([1.1]), sample_D=high, upper=np.inf).interval(0.9).high > 1.2
