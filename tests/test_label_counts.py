"""Label counts equal a slow count, one label at a time."""

import collections

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from label_fakes import random_labels, slow, write

from psl.errors import PslError
from psl.label_counts import clip_labels, label_counts, labels_per_unit, summary

CLIPS = {"a": [[0.9, 0.0, 0.4], [0.9, 0.6, 0.0]], "b": [[0.0, 0.0, 0.0]], "c": [[0.3, 0.3, 0.3]]}


@given(st.integers(0, 10_000), st.sampled_from([0.1, 0.3, 0.55]), st.sampled_from([0.0, 0.05, 0.1]))
@settings(max_examples=40, deadline=None)
def test_counts_vs_reference(tmp_path_factory, seed, threshold, floor):
    labels = random_labels(tmp_path_factory.mktemp("labels") / "2.parquet", seed, floor)
    windows_of = [[{c for c, q in window.items() if q / 50_000 > threshold} for window in windows] for windows in slow(labels).values()]
    assert labels_per_unit(labels, "window", threshold).tolist() == [len(window) for windows in windows_of for window in windows]
    assert labels_per_unit(labels, "clip", threshold).tolist() == [len(set().union(*windows)) for windows in windows_of]


def test_rows_are_the_distribution(tmp_path):
    rows = label_counts("2", write(tmp_path / "2.parquet", CLIPS), (0.3, 0.5))
    shown = {(row.unit, row.threshold): collections.Counter() for row in rows}
    for row in rows:
        shown[row.unit, row.threshold][row.n_labels] = row.count
    assert shown["clip", 0.3] == {0: 2, 1: 0, 2: 0, 3: 1}  # exactly .3 is not above it
    assert shown["clip", 0.5] == {0: 2, 1: 0, 2: 1}
    assert shown["window", 0.3] == {0: 2, 1: 0, 2: 2}
    assert [row.share for row in rows if (row.unit, row.threshold) == ("window", 0.5)] == [0.5, 0.25, 0.25]


def test_summary_is_mean_none_and_many(tmp_path):
    labels = write(tmp_path / "2.parquet", CLIPS)
    found = summary(labels, "clip", 0.2, many=2)
    assert (found.mean, found.share_none, found.share_many) == (2.0, pytest.approx(1 / 3), pytest.approx(2 / 3))
    assert summary(labels, "clip", 0.2, many=3).share_many == 0


def test_many_clips_and_classes_do_not_overflow(tmp_path):
    labels = write(tmp_path / "2.parquet", {"a": [[0, 0, 1]]})
    far = labels.__class__(**{**labels.__dict__, "clip_W": np.array([2_000_000_000], np.int32)})
    assert clip_labels(far, 0.5).tolist() == [6_000_000_002]


def test_what_cannot_be_counted_is_refused(tmp_path):
    with pytest.raises(PslError, match=r"thresholds 0\.1 is below annotate\.floor 0\.2"):
        label_counts("2", write(tmp_path / "2.parquet", CLIPS, floor=0.2), (0.1,))
    with pytest.raises(PslError, match="no clip"):
        summary(write(tmp_path / "0.parquet", {}), "clip", 0.5, many=4)
