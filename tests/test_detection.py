"""The parts of detection: where scores stand in time, the median filter, classes of other corpora, scores on disk."""

from itertools import pairwise

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from hypothesis import given
from hypothesis import strategies as st

from psl.evaluation.detection.class_map import map_classes
from psl.evaluation.detection.grid import grid_edges_ms, on_grid, step_edges
from psl.evaluation.detection.median_filter import best_lengths, median_filter, smoothed, steps_in
from psl.evaluation.detection.metrics.ground_truth import FrameScores
from psl.evaluation.detection.score_file import (
    ScoreFile,
    ensemble,
    read_score_file,
    read_score_files,
    write_score_file,
)
from psl.io.metadata.vocabulary import Vocabulary
from psl.io.windows import window_starts
from psl.runtime.errors import PslError

VOCABULARY = Vocabulary(("/m/a", "/m/b"), ("Dog", "Cat"))


@given(st.integers(1, 30), st.integers(1, 400))
def test_with_the_hop_of_the_window_the_grid_is_the_windows(windows, length_ms):
    p_WC = np.random.default_rng(windows).random((windows, 3))
    edges_ms = grid_edges_ms(windows * length_ms, length_ms)
    start_ms_W = window_starts(windows * length_ms, length_ms, length_ms)
    assert edges_ms[:-1].tolist() == start_ms_W.tolist()
    np.testing.assert_allclose(on_grid(p_WC, start_ms_W, length_ms, edges_ms), p_WC)


@given(st.integers(1, 60), st.integers(1, 20), st.data())
def test_a_grid_score_is_the_mean_over_its_milliseconds_of_the_windows_there(duration, length, data):
    hop = data.draw(st.integers(1, length))
    start_W = window_starts(duration, length, hop)
    p_WC, edges = np.random.default_rng(duration).random((len(start_W), 2)), grid_edges_ms(duration, hop)
    fast_GC = on_grid(p_WC, start_W, length, edges)
    for cell, (first, end) in enumerate(pairwise(edges)):
        there = [
            w for moment in range(first, end) for w, start in enumerate(start_W) if start <= moment < start + length
        ]
        np.testing.assert_allclose(fast_GC[cell], p_WC[there].mean(axis=0))


@given(st.integers(1, 1000), st.floats(0.01, 1000))
def test_steps_share_the_clip(steps, duration_s):
    edges_s = step_edges(steps, duration_s)
    assert (
        len(edges_s) == steps + 1
        and edges_s[0] == 0
        and edges_s[-1] == pytest.approx(duration_s)
        and (np.diff(edges_s) > 0).all()
    )


def slow_median(score_TC: np.ndarray, steps: int) -> np.ndarray:
    """Value by value, as scipy.ndimage.median_filter in its mode "reflect": beyond an end the clip is mirrored."""
    length, found = len(score_TC), np.empty_like(score_TC)
    for t in range(length):
        around = [place % (2 * length) for place in range(t - steps // 2, t + steps // 2 + 1)]
        for c in range(score_TC.shape[1]):
            found[t, c] = sorted(score_TC[p if p < length else 2 * length - 1 - p, c] for p in around)[steps // 2]
    return found


@given(st.integers(1, 20), st.integers(0, 12), st.integers(0, 99))
def test_median_filter_vs_reference(length, half, seed):
    score_TC = np.random.default_rng(seed).integers(0, 5, (length, 3)).astype(np.float32)
    np.testing.assert_array_equal(median_filter(score_TC, 2 * half + 1), slow_median(score_TC, 2 * half + 1))


@given(st.floats(0, 20), st.floats(0.01, 5))
def test_a_length_is_the_nearest_odd_number_of_steps(seconds, step_s):
    steps = steps_in(seconds, step_s)
    assert steps % 2 == 1 and steps >= 1 and (abs(steps - seconds / step_s) <= 1 + 1e-6 or steps == 1)


def test_each_class_is_smoothed_by_its_own_length():
    score_TC = np.array([[0, 0], [1, 1], [0, 0], [0, 0]], np.float32)
    found = smoothed({"x": FrameScores(np.arange(5) * 0.5, score_TC)}, [0.0, 1.5])["x"].score_TC
    assert found[:, 0].tolist() == [0, 1, 0, 0] and found[:, 1].tolist() == [0, 0, 0, 0]


def test_the_best_length_is_the_shortest_of_equals_and_a_class_without_a_value_takes_the_means():
    value_LC = np.array([[0.2, 0.5, np.nan], [0.4, 0.5, np.nan], [0.3, 0.4, np.nan]])
    assert best_lengths(value_LC, [0.0, 1.0, 2.0]) == [1.0, 0.0, 1.0]
    assert best_lengths(np.full((2, 1), np.nan), [0.0, 1.0]) == [0.0]


def test_a_class_of_another_corpus_scores_as_the_highest_of_its_audioset_classes(tmp_path):
    Vocabulary(("Alarm", "Cat", "Rain"), ("Alarm", "Cat", "Rain")).write(tmp_path / "classes.csv")
    (tmp_path / "audioset_classes.csv").write_text(
        "mid,name,audioset_mid\nAlarm,Alarm,/m/c\nAlarm,Alarm,/m/a\nCat,Cat,/m/b\nRain,Rain,\n"
    )
    mapped = map_classes(tmp_path, Vocabulary(("/m/a", "/m/b", "/m/c"), ("Bell", "Cat", "Siren")), "model")
    assert mapped.classes.mids == ("Alarm", "Cat") and mapped.unknown == ("Rain",)
    np.testing.assert_array_equal(mapped(np.array([[0.1, 0.2, 0.3], [0.6, 0.5, 0.4]])), [[0.3, 0.2], [0.6, 0.5]])


def test_a_model_that_knows_none_of_the_classes_is_refused(tmp_path):
    VOCABULARY.write(tmp_path / "classes.csv")
    with pytest.raises(PslError, match=r"model knows none of the 2 classes in .* begin with Horse"):
        map_classes(tmp_path, Vocabulary(("/m/x",), ("Horse",)), "model")


def score_file(name="one", edges=(0.0, 0.5, 1.0), value=0.25, clips=("b", "a"), classes=VOCABULARY) -> ScoreFile:
    scores = {
        clip: FrameScores(np.array(edges), np.full((len(edges) - 1, len(classes)), value, np.float32)) for clip in clips
    }
    about = {
        "model": name,
        "n_parameters": 10,
        "n_bytes": 40,
        "n_networks": 1,
        "classes_unknown": [],
        "clips_excluded": [],
    }
    return ScoreFile(scores, classes, about)


def test_scores_are_read_as_they_were_written_and_have_the_same_bytes_in_any_order(tmp_path):
    write_score_file(tmp_path / "seed1.parquet", score_file())
    write_score_file(tmp_path / "seed2.parquet", score_file(clips=("a", "b")))
    assert (tmp_path / "seed1.parquet").read_bytes() == (tmp_path / "seed2.parquet").read_bytes()
    found = read_score_files(tmp_path)
    assert list(found) == [1, 2] and found[1].classes == VOCABULARY and found[1].about == score_file().about
    assert list(found[1].scores) == ["a", "b"]
    np.testing.assert_array_equal(found[1].scores["a"].score_TC, np.full((2, 2), 0.25))
    np.testing.assert_array_equal(found[1].scores["a"].edges_s, [0, 0.5, 1])


def test_an_ensemble_is_the_mean_and_as_large_as_all_its_networks():
    both = ensemble("both", [score_file(value=0.25), score_file(value=0.75)])
    np.testing.assert_array_equal(both.scores["a"].score_TC, np.full((2, 2), 0.5))
    assert [both.about[name] for name in ("n_parameters", "n_bytes", "n_networks")] == [20, 80, 2]


@pytest.mark.parametrize(
    ("other", "told"),
    [
        (score_file("two", edges=(0.0, 0.4, 1.0)), "one and two have different steps in time"),
        (score_file("two", clips=("a",)), "one and two are of different clips"),
        (
            score_file("two", classes=Vocabulary(("/m/b", "/m/a"), ("Cat", "Dog"))),
            "one and two are of different classes",
        ),
    ],
)
def test_an_ensemble_of_unlike_scores_is_refused(other, told):
    with pytest.raises(PslError, match=told):
        ensemble("both", [score_file(), other])


def test_files_that_are_not_there_or_not_scores_are_sentences(tmp_path):
    with pytest.raises(PslError, match="holds no scores: run the stage detect"):
        read_score_files(tmp_path)
    with pytest.raises(PslError, match="there is no table of scores over time"):
        read_score_file(tmp_path / "seed1.parquet")
    (tmp_path / "seed1.parquet").write_text("no")
    with pytest.raises(PslError, match=r"scores over time .* cannot be read"):
        read_score_file(tmp_path / "seed1.parquet")


@pytest.mark.parametrize(
    "change",
    [{"score_TC": b"\0" * 12}, {"score_TC": None}, {"edges_s": [0.0, 1.0]}, {"edges_s": None}, {"edges_s": []}],
)
def test_scores_of_the_wrong_length_name_the_clip_and_the_stage(tmp_path, change):
    path = tmp_path / "some/seed1.parquet"
    write_score_file(path, score_file())
    table = pq.read_table(path)
    first, second = table.to_pylist()
    pq.write_table(pa.Table.from_pylist([first, second | change], table.schema), path)
    with pytest.raises(
        PslError, match=r"seed1.parquet holds \d+ bytes of scores of the clip b, .*: run the stage detect@some again"
    ):
        read_score_file(path)
