"""The bootstrap of mAP@3 and lwlrap equals writing the drawn rows out; the paired test is right about differences."""

import numpy as np
import pytest
from test_label_ranks import random_case, single_labels

from psl.evaluation.scores import bootstrap
from psl.evaluation.scores.bootstrap import bootstrap_ratio, sampled_clips
from psl.evaluation.scores.paired import paired
from psl.evaluation.scores.score import Score
from psl.evaluation.tagging.metrics.lwlrap import label_precisions, lwlrap
from psl.evaluation.tagging.metrics.map_at_3 import reciprocal_ranks
from psl.evaluation.transfer.metric import clip_metric


def label_sums(y_NC, score_NC) -> np.ndarray:
    return np.nansum(label_precisions(y_NC, score_NC), axis=1)


@pytest.mark.parametrize("chunk", [4, 256])
def test_bootstrap_ratio_vs_the_drawn_rows_written_out(monkeypatch, chunk):
    monkeypatch.setattr(bootstrap, "CHUNK", chunk)
    for seed in range(40):
        y_NC, score_NC = random_case(seed)
        other_NC, one_NC = score_NC[::-1], single_labels(y_NC)
        draws = [sampled_clips(len(y_NC), draw, seed=seed) for draw in range(10)]
        found = bootstrap_ratio(
            np.stack([label_sums(y_NC, s) for s in (score_NC, other_NC)]), y_NC.sum(axis=1), 10, seed
        )
        expected = [[lwlrap(y_NC[draw], s[draw]).value for draw in draws] for s in (score_NC, other_NC)]
        np.testing.assert_allclose(found, expected, rtol=0, atol=1e-12)
        ranks_N, labelled_N = np.nan_to_num(reciprocal_ranks(one_NC, score_NC)), one_NC.any(axis=1)
        expected = [
            ranks_N[draw].sum() / labelled_N[draw].sum() if labelled_N[draw].any() else np.nan for draw in draws
        ]
        np.testing.assert_allclose(
            bootstrap_ratio(ranks_N[None], labelled_N.astype(float), 10, seed)[0], expected, rtol=0, atol=1e-12
        )


def noisy(rng, y_NC, quality) -> np.ndarray:
    return rng.normal(size=y_NC.shape) + quality * y_NC


def pair(seed: int, quality: float, lead: float, metric: str, clips: int = 120, samples: int = 200):
    """The paired test of two models of which the second is better by `lead`, on a simulated set of single labels."""
    rng = np.random.default_rng(seed)
    y_NC = np.eye(8, dtype=bool)[rng.integers(8, size=clips)]
    shared = rng.normal(size=y_NC.shape)  # what is hard about the clips, for both
    first, second = (noisy(rng, y_NC, q) + shared for q in (quality, quality + lead))
    return paired(*(clip_metric(metric).score(y_NC, [score], samples, seed) for score in (first, second)), 0.95)


@pytest.mark.parametrize("metric", ["mean_average_precision", "map_at_3", "lwlrap"])
def test_a_better_model_is_found_and_an_equal_one_is_not_often(metric):
    sets = 60 if metric == "mean_average_precision" else 150
    equal = [pair(seed, 1.5, 0.0, metric).p for seed in range(sets)]
    assert np.mean(np.array(equal) < 0.05) <= 0.1 and np.mean(np.array(equal) < 0.5) == pytest.approx(0.5, abs=0.17)
    better = pair(1, 1.5, 1.5, metric)
    assert better.p < 0.02 and 0 < better.low < better.difference < better.high


def score(value: float, sample_D: np.ndarray) -> Score:
    return Score("mAP", value, np.array([value]), sample_D=sample_D)


def test_p_agrees_with_the_interval_and_with_swapped_models():
    for seed in range(20):
        rng = np.random.default_rng(seed)
        first_D, second_D = rng.normal(0.5, 0.02, 1000), rng.normal(0.54, 0.02, 1000)
        first, second = score(0.5, first_D), score(0.55, second_D)
        found, swapped = paired(first, second, 0.95), paired(second, first, 0.95)
        assert found.p == swapped.p and found.low == pytest.approx(-swapped.high)
        assert (found.p < 0.04) <= (found.low > 0) <= (found.p < 0.06)


def test_the_same_model_twice_is_no_difference_and_p_is_never_0():
    same_D = np.array([0.4, 0.5, np.nan, 0.6])
    assert paired(score(0.5, same_D), score(0.5, same_D), 0.95) == (0.0, 0.0, 0.0, 1.0)
    better = paired(score(0.5, same_D), score(0.7, same_D + 0.2), 0.95)
    assert better.p == 0.25  # none of 3 samples, and the difference itself
