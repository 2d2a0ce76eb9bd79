"""The manifest: sorted, whole, and labels as a matrix."""

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from hypothesis import given
from hypothesis import strategies as st
from small_corpora import AUDIOSET_LAYOUT

from psl.io.metadata.manifest import read_manifest, subset_rows, weak_targets, write_manifest
from psl.io.metadata.vocabulary import Vocabulary
from psl.io.schemas import MANIFEST
from psl.runtime.errors import PslError

ABC = Vocabulary(("/a", "/b", "/c"), ("A", "B", "C"))


def rows(labels, subsets=None):
    count = len(labels)
    return pa.table(
        {
            "clip_id": [f"clip{i:03d}_0" for i in range(count)],
            "path": [None] * count,
            "start_s": [0.0] * count,
            "end_s": [10.0] * count,
            "subset": subsets or ["balanced"] * count,
            "labels": labels,
            "source": ["s"] * count,
            "audio_hash": [None] * count,
            "looked_for": [None] * count,
        },
        schema=MANIFEST,
    )


def test_is_sorted_and_read_back_whatever_the_order_of_writing(tmp_path):
    table = rows([["/a"], ["/b", "/c"], []])
    write_manifest(tmp_path, table)
    first = (tmp_path / "manifest.parquet").read_bytes()
    assert read_manifest(tmp_path).equals(table)
    write_manifest(tmp_path, table.take([2, 0, 1]))
    assert (tmp_path / "manifest.parquet").read_bytes() == first


@given(st.lists(st.lists(st.sampled_from(ABC.mids), max_size=4), max_size=8))
def test_weak_targets_vs_reference(labels):
    reference = np.array([[mid in row for mid in ABC.mids] for row in labels], dtype=bool).reshape(len(labels), 3)
    np.testing.assert_array_equal(weak_targets(rows(labels), ABC), reference)


def test_weak_targets_of_a_part_of_the_rows():
    part = subset_rows(rows([["/a"], ["/b"], ["/c"]], ["full", "eval", "full"]), ["full"])
    np.testing.assert_array_equal(weak_targets(part, ABC), [[True, False, False], [False, False, True]])


def test_a_corpus_has_its_own_subsets():
    table = rows([["/a"], ["/b"]], ["noisy", "curated"])
    assert subset_rows(table, ["noisy", "balanced"])["labels"].to_pylist() == [["/a"]]


@given(
    st.lists(st.sampled_from(AUDIOSET_LAYOUT.names), max_size=9),
    st.lists(st.sampled_from(AUDIOSET_LAYOUT.names), max_size=3),
)
def test_subset_rows_keeps_the_chosen_ones_in_order(subsets, chosen):
    kept = subset_rows(rows([["/a"]] * len(subsets), subsets), chosen)["clip_id"].to_pylist()
    assert kept == [f"clip{i:03d}_0" for i, subset in enumerate(subsets) if subset in chosen]


def test_mistakes_are_reported(tmp_path):
    with pytest.raises(PslError, match="clip001_0 has the label /z"):
        weak_targets(rows([["/a"], ["/z"]]), ABC)
    with pytest.raises(PslError, match="name the clip clip000_0 more than once"):
        write_manifest(tmp_path, pa.concat_tables([rows([["/a"]]), rows([["/b"]])]))
    with pytest.raises(PslError, match="run the stage metadata first"):
        read_manifest(tmp_path)
    pq.write_table(rows([["/a"]]).drop_columns("source"), tmp_path / "manifest.parquet")
    with pytest.raises(PslError, match="other columns"):
        read_manifest(tmp_path)
    (tmp_path / "manifest.parquet").write_bytes(b"no table")
    with pytest.raises(PslError, match="cannot be read"):
        read_manifest(tmp_path)
