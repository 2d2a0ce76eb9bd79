"""Labels that are read in parts, or of some clips, are those of the whole file, however it is cut into row groups."""

from pathlib import Path
from unittest.mock import patch

import numpy as np
import pyarrow.parquet as pq
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from label_fakes import reference_labels, write

from psl.io.labels.parts import labels_of
from psl.io.labels.reader import LabelFile, read_labels
from psl.io.labels.writer import METADATA_KEY
from psl.io.schemas import LABELS
from psl.runtime.errors import PslError

ARRAYS = ("clip_W", "start_ms_W", "duration_ms_W", "offsets", "class_K", "q_K")
CLIPS = st.dictionaries(st.sampled_from("abcdefgh"), st.integers(1, 4), max_size=6)  # windows of each clip


def write_cut(folder: Path, windows: dict[str, int], row_group: int) -> Path:
    """Labels of these clips, some windows without any, in row groups of that many windows."""
    rng = np.random.default_rng(len(windows))
    clips = {clip: (rng.integers(0, 4, (windows[clip], 3)) / 4).tolist() for clip in sorted(windows)}
    write(folder / "whole.parquet", clips, min_probability=0.5)
    metadata = pq.read_metadata(folder / "whole.parquet").metadata[METADATA_KEY]
    with pq.ParquetWriter(folder / "cut.parquet", LABELS) as cut:
        cut.write_table(pq.read_table(folder / "whole.parquet"), row_group_size=row_group)
        cut.add_key_value_metadata({METADATA_KEY: metadata})
    return folder / "cut.parquet"


def by_table(path: Path, clips: set[str]) -> dict[str, list[dict[int, int]]]:
    """The slow reference: for each clip the {class: q} of its windows, from pyarrow's rows."""
    rows = [row for row in pq.read_table(path).to_pylist() if row["clip_id"] in clips]
    windows: dict[str, list[dict[int, int]]] = {row["clip_id"]: [] for row in rows}
    for row in rows:
        windows[row["clip_id"]].append(dict(zip(row["class_id"], row["q"], strict=True)))
    return windows


@settings(max_examples=40, deadline=None)
@given(CLIPS, st.integers(1, 5), st.integers(1, 5), st.sets(st.sampled_from("abcdefgh")))
def test_some_clips_in_any_parts_are_the_filtered_whole(tmp_path_factory, windows, row_group, part, some):
    path = write_cut(tmp_path_factory.mktemp("labels"), windows, row_group)
    chosen = some & set(windows)
    with patch("psl.io.labels.reader.WINDOWS_PER_PART", part):
        whole, subset = read_labels(path), read_labels(path, chosen)
    assert reference_labels(whole) == by_table(path, set(windows))
    assert reference_labels(subset) == by_table(path, chosen) and subset.clip_ids == tuple(sorted(chosen))
    kept_W = np.isin(np.array(whole.clip_ids)[whole.clip_W], sorted(chosen)) if windows else np.empty(0, bool)
    assert subset.start_ms_W.tolist() == whole.start_ms_W[kept_W].tolist()
    assert subset.below_min_mean_C.tolist() == whole.below_min_mean_C.tolist()


@settings(max_examples=20, deadline=None)
@given(CLIPS, st.integers(1, 5), st.integers(1, 5))
def test_the_parts_of_a_file_are_its_windows_and_clips_in_order(tmp_path_factory, windows, row_group, part):
    path = write_cut(tmp_path_factory.mktemp("labels"), windows, row_group)
    whole = read_labels(path)
    with LabelFile(path) as file:
        parts = [*file.parts(part)]
        assert file.clip_ids().to_pylist() == sorted(windows) and len(file) == len(whole)
    assert [len(labels) for labels in parts[:-1]] == [part] * (len(parts) - 1)
    for name in ("start_ms_W", "class_K", "q_K"):
        assert [x for labels in parts for x in getattr(labels, name).tolist()] == getattr(whole, name).tolist()
    assert [labels.clip_ids[clip] for labels in parts for clip in labels.clip_W] == [
        whole.clip_ids[clip] for clip in whole.clip_W
    ]


def test_the_arrays_have_the_types_that_hold_more_than_2_to_the_31_labels(tmp_path):
    labels = read_labels(write_cut(tmp_path, {"a": 4, "b": 3}, 2))
    types = [getattr(labels, name).dtype for name in ARRAYS]
    assert types == [np.int32, np.int32, np.int32, np.int64, np.int16, np.uint16]
    assert len(labels.q_K) == labels.offsets[-1] == len(labels.class_K)


def test_row_groups_without_the_wanted_clips_are_not_read(tmp_path):
    path = write_cut(tmp_path, {"a": 2, "b": 2, "c": 2}, 2)
    columns = [pq.read_metadata(path).row_group(0).column(number) for number in range(5)]
    content = bytearray(path.read_bytes())
    begin, end = columns[0].dictionary_page_offset, columns[4].data_page_offset + 8
    content[begin:end] = bytes(end - begin)
    path.write_bytes(content)
    assert read_labels(path, ["c", "b"]).clip_ids == ("b", "c")
    for damaged in (None, ["a"]):
        with pytest.raises(PslError, match="not a file of soft labels"):
            read_labels(path, damaged)


def test_a_clip_that_the_file_lacks_is_named(tmp_path):
    path = write_cut(tmp_path, {"a": 2, "b": 1}, 2)
    with pytest.raises(PslError, match=r"cut\.parquet has no labels of 2 of 3 clips, such as aa"):
        read_labels(path, ["a", "c", "aa"])


def test_a_slice_of_a_batch_has_its_own_labels(tmp_path):
    path = write_cut(tmp_path, {"a": 3, "b": 2}, 9)
    (batch,) = pq.ParquetFile(path).iter_batches()
    with LabelFile(path) as file:
        sliced = labels_of(batch.slice(2), file.empty)
    expected = by_table(path, {"a", "b"})
    assert reference_labels(sliced) == {"a": expected["a"][2:], "b": expected["b"]}
