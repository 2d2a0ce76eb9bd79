"""Label counts equal a slow count, one label at a time."""

import collections

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from label_fakes import random_labels, reference_labels, write

from psl.labels.counts import clip_labels, count_summary, label_counts, labels_per_unit
from psl.runtime.errors import PslError

CLIPS = {"a": [[0.9, 0.0, 0.4], [0.9, 0.6, 0.0]], "b": [[0.0, 0.0, 0.0]], "c": [[0.3, 0.3, 0.3]]}


@given(st.integers(0, 10_000), st.sampled_from([0.1, 0.3, 0.55]), st.sampled_from([0.0, 0.05, 0.1]))
@settings(max_examples=40, deadline=None)
def test_counts_vs_reference(tmp_path_factory, seed, threshold, min_probability):
    labels = random_labels(tmp_path_factory.mktemp("labels") / "2.parquet", seed, min_probability)
    windows_of = [
        [{c for c, q in window.items() if q / 50_000 > threshold} for window in windows]
        for windows in reference_labels(labels).values()
    ]
    assert labels_per_unit(labels, "window", threshold).tolist() == [
        len(window) for windows in windows_of for window in windows
    ]
    assert labels_per_unit(labels, "clip", threshold).tolist() == [len(set().union(*windows)) for windows in windows_of]


def test_rows_are_the_distribution(tmp_path):
    rows = label_counts("2", write(tmp_path / "2.parquet", CLIPS), (0.3, 0.5))
    counts = {(row.unit, row.threshold): collections.Counter() for row in rows}
    for row in rows:
        counts[row.unit, row.threshold][row.n_labels] = row.count
    assert counts["clip", 0.3] == {0: 2, 1: 0, 2: 0, 3: 1}  # exactly .3 is not above it
    assert counts["clip", 0.5] == {0: 2, 1: 0, 2: 1}
    assert counts["window", 0.3] == {0: 2, 1: 0, 2: 2}
    assert [row.share for row in rows if (row.unit, row.threshold) == ("window", 0.5)] == [0.5, 0.25, 0.25]


def test_summary_is_mean_none_and_many(tmp_path):
    labels = write(tmp_path / "2.parquet", CLIPS)
    summary = count_summary(labels, "clip", 0.2, many_labels=2)
    assert (summary.mean, summary.share_none, summary.share_many) == (2.0, pytest.approx(1 / 3), pytest.approx(2 / 3))
    assert count_summary(labels, "clip", 0.2, many_labels=3).share_many == 0


def test_many_clips_and_classes_do_not_overflow(tmp_path):
    labels = write(tmp_path / "2.parquet", {"a": [[0, 0, 1]]})
    far = labels.__class__(**{**labels.__dict__, "clip_W": np.array([2_000_000_000], np.int32)})
    assert clip_labels(far, 0.5).tolist() == [6_000_000_002]


def test_a_threshold_below_the_minimum_and_no_clips_are_refused(tmp_path):
    with pytest.raises(PslError, match=r"thresholds 0\.1 is below annotate\.min_probability 0\.2"):
        label_counts("2", write(tmp_path / "2.parquet", CLIPS, min_probability=0.2), (0.1,))
    with pytest.raises(PslError, match="no clip"):
        count_summary(write(tmp_path / "0.parquet", {}), "clip", 0.5, many_labels=4)
