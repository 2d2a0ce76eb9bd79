"""The bootstrap of mAP equals writing the drawn rows out, is seeded, and gives intervals of the right width."""

import numpy as np
import pytest
from test_tagging_metrics import random_case

from psl.evaluation.scores import bootstrap
from psl.evaluation.scores.bootstrap import interval, mean_over_seeds, sampled_clips
from psl.evaluation.scores.ranking.average_precision import average_precision
from psl.evaluation.tagging.metrics import reference
from psl.evaluation.tagging.metrics.mean_average_precision import bootstrap_map
from psl.runtime.errors import PslError


@pytest.mark.parametrize("chunk", [4, 256])
def test_vs_reference(monkeypatch, chunk):
    monkeypatch.setattr(bootstrap, "CHUNK", chunk)
    for seed in range(12):
        y_NC, first_NC = random_case(seed, clips=25, classes=5)
        y_NC[seed, 2] = True  # at least one class that counts, and in some draws not
        score_SNC = [first_NC, random_case(seed + 100, clips=25, classes=5)[1]]
        draw_DN = np.stack([sampled_clips(25, draw, seed=seed) for draw in range(10)])
        draw_DN = np.array([draw for draw in draw_DN if y_NC[draw].any()])
        expected = reference.bootstrap_map(y_NC, score_SNC, draw_DN)
        fast = bootstrap_map(y_NC, score_SNC, samples=10, seed=seed)
        np.testing.assert_allclose(fast[:, ~np.isnan(fast[0])], expected, rtol=0, atol=1e-12)


def test_draws_depend_on_the_seed_and_on_nothing_else():
    y_NC, score_NC = random_case(3)
    first = bootstrap_map(y_NC, [score_NC], samples=20, seed=1, workers=1)
    assert np.array_equal(first, bootstrap_map(y_NC, [score_NC], samples=20, seed=1, workers=3))
    assert np.array_equal(first[:, :7], bootstrap_map(y_NC, [score_NC], samples=7, seed=1))
    assert not np.array_equal(first, bootstrap_map(y_NC, [score_NC], samples=20, seed=2))


def test_a_draw_without_any_positive_is_nan():
    y_NC = np.array([[True], [False]])
    values = bootstrap_map(y_NC, [np.array([[0.9], [0.1]])], samples=40, seed=1)[0]
    without = np.array([0 not in sampled_clips(2, draw, seed=1) for draw in range(40)])
    assert 0 < without.sum() < 40
    assert np.array_equal(np.isnan(values), without)


@pytest.mark.parametrize("clips_std", [0.0, 0.02])
def test_an_interval_holds_what_many_seeds_would_give_as_often_as_it_says(clips_std):
    held = 0
    for trial in range(400):
        rng = np.random.default_rng(trial)
        value_S = rng.normal(0.5, 0.02, 3) + rng.normal(0, clips_std)
        sample_SD = value_S[:, None] + rng.normal(0, clips_std, 1000)
        low, high = interval(mean_over_seeds(sample_SD, value_S, seed=trial), value_S.mean(), confidence=0.95)
        held += low <= 0.5 <= high
    assert 0.93 <= held / 400 <= 0.99


def test_seeds_move_a_mean_by_a_function_of_the_seed_and_not_on_average():
    value_S, sample_SD = np.array([0.4, 0.5, 0.9]), np.linspace(0.3, 0.7, 1001)[None].repeat(3, axis=0)
    values_D = mean_over_seeds(sample_SD, value_S, seed=1)
    assert values_D.mean() == pytest.approx(0.5) and values_D.std() > 2 * sample_SD[0].std()
    assert np.array_equal(values_D, mean_over_seeds(sample_SD, value_S, seed=1))
    assert not np.array_equal(values_D, mean_over_seeds(sample_SD, value_S, seed=2))
    other_S = value_S[::-1]
    difference_D = mean_over_seeds(0 * sample_SD, value_S - other_S, seed=1)
    assert np.allclose(values_D - mean_over_seeds(sample_SD, other_S, seed=1), difference_D)


def test_of_one_seed_only_clips_are_drawn_and_nan_stays():
    sample_SD = np.array([[0.5, np.nan, 0.7]])
    assert np.array_equal(mean_over_seeds(sample_SD, np.array([0.6]), seed=1), sample_SD[0], equal_nan=True)
    three_D = mean_over_seeds(np.repeat(sample_SD, 3, axis=0), np.array([0.5, 0.6, 0.7]), seed=1)
    assert np.isnan(three_D).tolist() == [False, True, False]


def test_interval_holds_the_stated_share_of_the_draws():
    values = np.random.default_rng(1).normal(0.6, 0.1, size=10_001)
    low, high = interval(np.append(values, np.nan), around=0.5, confidence=0.9)
    shifted = values - values.mean() + 0.5
    assert np.mean((shifted >= low) & (shifted <= high)) == pytest.approx(0.9, abs=1e-3)
    assert (low, high) == pytest.approx((0.5 - 0.1645, 0.5 + 0.1645), abs=0.006)
    assert interval(values, around=0.99, confidence=0.9).high == 1


def test_an_interval_of_draws_that_all_say_nothing_is_a_sentence():
    with pytest.raises(PslError, match="none of the 3 bootstrap samples holds enough clips"):
        interval(np.full(3, np.nan), around=0.5, confidence=0.9)


def test_interval_covers_what_a_set_of_that_size_gives_about_as_often_as_it_says():
    rng = np.random.default_rng(1)
    sets = [rng.random((150, 4)) < 0.05 for _ in range(80)]
    scored = [(y_NC, rng.normal(size=y_NC.shape) + 1.5 * y_NC) for y_NC in sets]
    maps = [np.nanmean(average_precision(*one)) for one in scored]
    draws = [bootstrap_map(y_NC, [score_NC], samples=100, seed=n)[0] for n, (y_NC, score_NC) in enumerate(scored)]
    shifted = [interval(map_D, value, confidence=0.9) for map_D, value in zip(draws, maps, strict=True)]
    assert 0.8 <= np.mean([low <= np.mean(maps) <= high for low, high in shifted]) <= 0.99
    assert np.mean([map_D.mean() for map_D in draws]) > np.mean(maps) + 0.01  # why they are shifted


def test_nan_scores_of_any_system_are_refused():
    y_NC, score_NC = random_case(1)
    with pytest.raises(PslError, match="NaN"):
        bootstrap_map(y_NC, [score_NC, np.full(score_NC.shape, np.nan)], samples=2, seed=1)
