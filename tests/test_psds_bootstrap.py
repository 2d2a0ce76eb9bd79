"""Bootstrap draws of PSDS equal scoring the drawn clips, and depend on nothing but the seed."""

from dataclasses import replace

import numpy as np
import pytest
from detection_cases import CRITERIA, random_case, usable, written_out

from psl.evaluation.detection.metrics.psds import PSDS1, psds
from psl.evaluation.detection.metrics.psds_bootstrap import bootstrap_psds
from psl.evaluation.scores.bootstrap import interval, sampled_clips


@pytest.mark.parametrize("name", CRITERIA)
def test_vs_drawn_clips_written_out(name):
    compared = 0
    for seed in range(8):
        scores, truth = random_case(seed, clips=6)
        if usable(truth, CRITERIA[name]):
            values = bootstrap_psds(scores, truth, CRITERIA[name], samples=6, seed=seed)
            for draw, value in enumerate(values):
                drawn_scores, drawn_truth = written_out(scores, truth, sampled_clips(6, draw, seed))
                if usable(drawn_truth, CRITERIA[name]):
                    assert value == pytest.approx(psds(drawn_scores, drawn_truth, CRITERIA[name]).value, abs=1e-12)
                    compared += 1
                else:
                    assert np.isnan(value)
    assert compared > 20


def test_draws_depend_on_the_seed_and_on_nothing_else():
    scores, truth = random_case(4, clips=8)
    first = bootstrap_psds(scores, truth, PSDS1, samples=10, seed=1)
    assert np.array_equal(
        first, bootstrap_psds(dict(reversed(scores.items())), truth, PSDS1, samples=10, seed=1), equal_nan=True
    )
    assert np.array_equal(first[:4], bootstrap_psds(scores, truth, PSDS1, samples=4, seed=1), equal_nan=True)
    assert not np.array_equal(first, bootstrap_psds(scores, truth, PSDS1, samples=10, seed=2), equal_nan=True)


def test_draws_without_events_are_nan_and_do_not_count_in_the_interval():
    scores, truth = random_case(4, clips=4)
    kept = truth.events[0]
    values = bootstrap_psds(scores, replace(truth, events=(kept,)), PSDS1, samples=40, seed=1)
    without = np.array([sorted(scores).index(kept.clip_id) not in sampled_clips(4, draw, 1) for draw in range(40)])
    assert 0 < without.sum() < 40
    assert np.array_equal(np.isnan(values), without)
    assert interval(values, around=0.5, confidence=0.9).low <= interval(values, around=0.5, confidence=0.9).high
