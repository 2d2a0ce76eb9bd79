"""Targets are the soft labels, the weak ones, or their weighted mean."""

import numpy as np
import pytest
from toy import VOCABULARY

from psl.io.labels.reader import read_labels
from psl.io.labels.targets import Targets, weak_soft_labels
from psl.io.labels.writer import LabelWriter
from psl.runtime.errors import PslError

SOFT_WC = np.array([[0.1, 0.9, 0.5], [0.3, 0.2, 0.0], [1.0, 0.0, 0.25]], np.float32)
WEAK_NC = np.array([[True, False, False], [False, False, True]])


@pytest.fixture
def labels(tmp_path):
    with LabelWriter(tmp_path / "two.parquet", VOCABULARY, 0.0, {}) as writer:
        writer.add("clip0", np.array([0, 1000]), 1000, SOFT_WC[:2])
        writer.add("clip1", np.array([0]), 1000, SOFT_WC[2:])
    return read_labels(tmp_path / "two.parquet")


@pytest.mark.parametrize("alpha", [0.0, 0.25, 1.0])
def test_mix_weighs_soft_and_weak(labels, alpha):
    rows = np.array([2, 0, 1])
    expected_BC = alpha * SOFT_WC[rows] + (1 - alpha) * WEAK_NC[[1, 0, 0]]
    target_BC = Targets(labels, WEAK_NC, alpha).of(rows)
    np.testing.assert_allclose(target_BC, expected_BC, atol=1e-5)
    assert target_BC.dtype == np.float32


def test_soft_alone_are_the_annotators(labels):
    np.testing.assert_allclose(Targets(labels).of(np.array([1, 2])), SOFT_WC[1:], atol=1e-5)


def test_weak_labels_of_other_clips_are_refused(labels):
    with pytest.raises(PslError, match="do not belong"):
        Targets(labels, WEAK_NC[:1], 0.5)


def test_weak_labels_as_soft_ones_equal_the_written_file(tmp_path):
    made = weak_soft_labels(VOCABULARY, ("a", "b"), np.array([900, 1000]), WEAK_NC)
    with LabelWriter(tmp_path / "weak.parquet", VOCABULARY, 0.5, {"kind": "weak"}) as writer:
        for n, clip_id in enumerate(("a", "b")):
            writer.add(clip_id, np.zeros(1, int), (900, 1000)[n], WEAK_NC[n : n + 1].astype(np.float32))
    read = read_labels(tmp_path / "weak.parquet")
    assert made.provenance == read.provenance and made.clip_ids == read.clip_ids and made.vocabulary == read.vocabulary
    for name in ("clip_W", "start_ms_W", "duration_ms_W", "offsets", "class_K", "q_K", "below_min_mean_C"):
        np.testing.assert_array_equal(getattr(made, name), getattr(read, name))
