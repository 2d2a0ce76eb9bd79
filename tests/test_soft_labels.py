"""Soft labels: written and read back, with the mean of each class below the minimum; bad rows leave no file."""

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays
from label_fakes import VOCABULARY, write

from psl.io.labels.reader import read_labels
from psl.io.labels.soft_labels import ranges
from psl.io.labels.writer import LabelWriter
from psl.io.schemas import LABELS, Q_ONE
from psl.runtime.errors import PslError

PROBABILITIES = arrays(np.float32, st.tuples(st.integers(1, 5), st.just(3)), elements=st.floats(0, 1, width=32))
MINIMA = st.sampled_from([0.0, 0.005, 0.3])


@given(st.lists(PROBABILITIES, max_size=4), MINIMA)
@settings(max_examples=30, deadline=None)
def test_dense_is_exact_to_half_a_quantum_and_the_mean_below_the_minimum(tmp_path_factory, clips, min_probability):
    path = tmp_path_factory.mktemp("labels") / "2.parquet"
    labels = write(path, {f"clip{n}": p_WC.tolist() for n, p_WC in enumerate(clips)}, min_probability=min_probability)
    p_WC = np.concatenate([np.empty((0, 3), np.float32), *clips])
    kept_WC = p_WC >= min_probability
    below_C = np.where(kept_WC, 0, p_WC.astype(np.float64)).sum(axis=0) / np.maximum((~kept_WC).sum(axis=0), 1)
    expected = np.where(kept_WC, p_WC, below_C)
    assert np.abs(labels.dense(np.arange(len(labels))) - expected).max(initial=0) <= 0.5 / Q_ONE + 1e-7
    assert len(labels.q_K) == kept_WC.sum()


def test_dense_takes_windows_in_any_order_and_twice(tmp_path):
    labels = write(
        tmp_path / "2.parquet", {"a": [[0.1, 0.2, 0.3], [0, 0, 1]], "b": [[0.5, 0.5, 0.5]]}, min_probability=0.15
    )
    p_BC = labels.dense(np.array([2, 0, 2]))
    assert p_BC.dtype == np.float32
    assert p_BC == pytest.approx(
        np.array([[0.5, 0.5, 0.5], [0.05, 0.2, 0.3], [0.5, 0.5, 0.5]])
    )  # .05: the mean of .1 and 0
    assert labels.dense(np.array([], int)).shape == (0, 3)


def test_windows_clips_provenance_and_vocabulary_are_read_back(tmp_path):
    labels = write(tmp_path / "2.parquet", {"-a": [[0, 0, 1]] * 2, "_b": [[1, 0, 0]]}, seconds=5)
    assert labels.clip_ids == ("-a", "_b")
    assert labels.clip_W.tolist() == [0, 0, 1] and labels.start_ms_W.tolist() == [0, 5000, 0]
    assert labels.duration_ms_W.tolist() == [5000] * 3
    assert labels.vocabulary == VOCABULARY
    assert labels.provenance == {
        "kind": "annotator",
        "annotator": "fake",
        "floor": 0.0,
        "vocabulary_hash": VOCABULARY.hash,
    }


def test_row_groups_change_nothing(tmp_path, monkeypatch):
    clips = {f"clip{n}": [[0.1, n / 10, 0.9]] * (n + 1) for n in range(5)}
    whole = write(tmp_path / "whole.parquet", clips, min_probability=0.2)
    monkeypatch.setattr("psl.io.labels.writer.WINDOWS_PER_ROW_GROUP", 4)
    parts = write(tmp_path / "parts.parquet", clips, min_probability=0.2)
    assert pq.ParquetFile(tmp_path / "parts.parquet").num_row_groups > 2
    for name in ("clip_W", "start_ms_W", "offsets", "class_K", "q_K", "below_min_mean_C"):
        assert np.array_equal(getattr(whole, name), getattr(parts, name)), name


def test_same_rows_same_bytes(tmp_path):
    for name in ("one", "two"):
        write(tmp_path / name, {"a": [[0.1, 0.2, 0.3]], "b": [[0.9, 0.001, 0.3]]}, min_probability=0.01)
    assert (tmp_path / "one").read_bytes() == (tmp_path / "two").read_bytes()


@pytest.mark.parametrize("p", [float("nan"), 1.5, -0.1, float("inf")])
def test_an_impossible_probability_is_refused_with_its_clip_and_leaves_no_file(tmp_path, p):
    with pytest.raises(PslError, match="bad_clip"):
        write(tmp_path / "2.parquet", {"a": [[0, 0, 1]], "bad_clip": [[0, p, 1]]})
    assert list(tmp_path.iterdir()) == []


def test_an_interruption_keeps_the_old_file(tmp_path):
    before = write(tmp_path / "2.parquet", {"a": [[0, 0, 1]]})
    with pytest.raises(KeyboardInterrupt), LabelWriter(tmp_path / "2.parquet", VOCABULARY, 0.0, {}) as writer:
        writer.add("z", np.zeros(1, int), 2000, np.ones((1, 3), np.float32))
        raise KeyboardInterrupt
    assert read_labels(tmp_path / "2.parquet").clip_ids == before.clip_ids
    assert [path.name for path in tmp_path.iterdir()] == ["2.parquet"]


@pytest.mark.parametrize(
    ("clip_id", "starts", "shape", "words"),
    [
        ("a", [0], (1, 3), "sorted order"),
        ("b", [0], (1, 3), "sorted order"),
        ("c", [0], (1, 2), "3 classes"),
        ("c", [0, 5], (1, 3), "2 windows"),
        ("c", [], (0, 3), "0 windows"),
        ("c", [5, 0], (2, 3), "order of their starts"),
    ],
)
def test_invalid_rows_are_refused(tmp_path, clip_id, starts, shape, words):
    with LabelWriter(tmp_path / "2.parquet", VOCABULARY, 0.0, {}) as writer:
        writer.add("b", np.zeros(1, int), 2000, np.ones((1, 3), np.float32))
        with pytest.raises(PslError, match=words):
            writer.add(clip_id, np.array(starts, int), 2000, np.ones(shape, np.float32))


def test_absent_and_foreign_files_are_refused(tmp_path):
    (tmp_path / "text").write_text("no labels")
    pq.write_table(pa.table({"clip_id": ["a"]}), tmp_path / "foreign")
    pq.write_table(pa.Table.from_pylist([], LABELS), tmp_path / "bare")
    with pytest.raises(PslError, match="do not exist"):
        read_labels(tmp_path / "absent")
    for name, words in (("text", ""), ("foreign", ".*its columns are clip_id"), ("bare", "")):
        with pytest.raises(PslError, match=f"not a file of soft labels{words}"):
            read_labels(tmp_path / name)


@given(st.lists(st.tuples(st.integers(0, 9), st.integers(0, 4)), max_size=6))
def test_ranges_vs_reference(pairs):
    begin, end = (np.array(side, int) for side in ([b for b, _ in pairs], [b + n for b, n in pairs]))
    expected = [(i, k) for i, (b, n) in enumerate(pairs) for k in range(b, b + n)]
    assert list(zip(*(side.tolist() for side in ranges(begin, end)), strict=True)) == expected
