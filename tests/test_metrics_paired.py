"""The bootstrap of mAP@3 and lwlrap equals writing the drawn rows out; the paired test finds what is there and little else."""

import numpy as np
import pytest
from test_metrics_ranking import random_case, single_labels

from psl.metrics import bootstrap
from psl.metrics.average_precision import average_precision
from psl.metrics.bootstrap import bootstrap_map, bootstrap_ratio, drawn_clips
from psl.metrics.paired import paired
from psl.metrics.ranking import label_precisions, lwlrap, reciprocal_ranks


def label_sums(y_NC, score_NC) -> np.ndarray:
    return np.nansum(label_precisions(y_NC, score_NC), axis=1)


@pytest.mark.parametrize("chunk", [4, 256])
def test_bootstrap_ratio_vs_the_drawn_rows_written_out(monkeypatch, chunk):
    monkeypatch.setattr(bootstrap, "CHUNK", chunk)
    for seed in range(40):
        y_NC, score_NC = random_case(seed)
        other_NC, one_NC = score_NC[::-1], single_labels(y_NC)
        draws = [drawn_clips(len(y_NC), draw, seed=seed) for draw in range(10)]
        found = bootstrap_ratio(np.stack([label_sums(y_NC, s) for s in (score_NC, other_NC)]), y_NC.sum(axis=1), 10, seed)
        expected = [np.mean([lwlrap(y_NC[draw], s[draw]).value for s in (score_NC, other_NC)]) for draw in draws]
        np.testing.assert_allclose(found, expected, rtol=0, atol=1e-12)
        ranks_N, labelled_N = np.nan_to_num(reciprocal_ranks(one_NC, score_NC)), one_NC.any(axis=1)
        expected = [ranks_N[draw].sum() / labelled_N[draw].sum() if labelled_N[draw].any() else np.nan for draw in draws]
        np.testing.assert_allclose(bootstrap_ratio(ranks_N[None], labelled_N.astype(float), 10, seed), expected, rtol=0, atol=1e-12)


def noisy(rng, y_NC, quality) -> np.ndarray:
    return rng.normal(size=y_NC.shape) + quality * y_NC


def pair(seed: int, quality: float, lead: float, metric: str, clips: int = 120, draws: int = 200):
    """The paired test of two models of which the second is better by `lead`, on a simulated set of single labels."""
    rng = np.random.default_rng(seed)
    y_NC = np.eye(8, dtype=bool)[rng.integers(8, size=clips)]
    shared = rng.normal(size=y_NC.shape)  # what is hard about the clips, for both
    first, second = (noisy(rng, y_NC, q) + shared for q in (quality, quality + lead))
    if metric == "mAP":
        draws_D = [bootstrap_map(y_NC, [score], draws, seed, workers=1) for score in (first, second)]
        values = [np.nanmean(average_precision(y_NC, score)) for score in (first, second)]
    else:
        summed = [reciprocal_ranks(y_NC, score) if metric == "mAP@3" else label_sums(y_NC, score) for score in (first, second)]
        draws_D = [bootstrap_ratio(one[None], y_NC.sum(axis=1), draws, seed) for one in summed]
        values = [one.mean() for one in summed]
    return paired(*draws_D, values[1] - values[0], confidence=0.95)


@pytest.mark.parametrize("metric", ["mAP", "mAP@3", "lwlrap"])
def test_a_better_model_is_found_and_an_equal_one_is_not_often(metric):
    sets = 60 if metric == "mAP" else 150
    equal = [pair(seed, 1.5, 0.0, metric).p for seed in range(sets)]
    assert np.mean(np.array(equal) < 0.05) <= 0.1 and np.mean(np.array(equal) < 0.5) == pytest.approx(0.5, abs=0.17)
    better = pair(1, 1.5, 1.5, metric)
    assert better.p < 0.02 and 0 < better.low < better.difference < better.high


def test_p_agrees_with_the_interval_and_with_swapped_models():
    for seed in range(20):
        rng = np.random.default_rng(seed)
        first_D, second_D = rng.normal(0.5, 0.02, 1000), rng.normal(0.54, 0.02, 1000)
        found, swapped = paired(first_D, second_D, 0.05, 0.95), paired(second_D, first_D, -0.05, 0.95)
        assert found.p == swapped.p and found.low == pytest.approx(-swapped.high)
        assert (found.p < 0.04) <= (found.low > 0) <= (found.p < 0.06)


def test_the_same_model_twice_is_no_difference_and_p_is_never_0():
    same_D = np.array([0.4, 0.5, np.nan, 0.6])
    assert paired(same_D, same_D, 0.0, 0.95) == (0.0, 0.0, 0.0, 1.0)
    assert paired(same_D, same_D + 0.2, 0.2, 0.95).p == 0.25  # none of 3 draws, and the difference itself
