"""Labels are cached by the clip: only new clips are computed, and the bytes are those of a run from nothing."""

from dataclasses import dataclass
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from toy import FRONT_END, VOCABULARY, placeholder

from psl.annotators.inference import annotate as annotation
from psl.annotators.inference.annotate import annotate
from psl.annotators.inference.clips.features import FeatureClips
from psl.annotators.inference.scorer import Windowing
from psl.annotators.kinds.placeholder import PlaceholderAnnotator
from psl.io.features.store import FeatureStore
from psl.io.features.writer import write_features
from psl.io.keyed_shards import read_shard
from psl.io.labels.writer import LabelWriter
from psl.runtime.errors import PslError
from psl.runtime.runners.in_process import Serial

CLIPS = 40
WINDOWS = Windowing(length_ms=400, hop_ms=300, last_window="shift")


def store_of(folder: Path, numbers: set[int], names: str = "clip{:02}") -> FeatureStore:
    """Some of forty clips of three lengths."""
    draws = [np.random.default_rng(n).normal(-50, 20, ((40, 23, 5)[n % 3], 32)) for n in range(CLIPS)]
    rows = [(names.format(n), len(draws[n]) * 640, draws[n].astype(np.float16)) for n in sorted(numbers)]
    write_features(folder / "balanced-a.parquet", FRONT_END, rows)
    return FeatureStore(folder, ["balanced"])


def labelled(folder: Path, store: FeatureStore, cache: Path, **changes) -> tuple[int, bytes]:
    """How many clips were computed, and the bytes of the labels of all."""
    how = {"annotator": placeholder(), "runner": Serial(), "opener": None} | changes
    with LabelWriter(folder / "labels.parquet", VOCABULARY, 0.0, {}) as writer:
        annotator = how.pop("annotator")
        labels = annotate(FeatureClips(store), WINDOWS, annotator, inference_batch_size=8, cache=cache, **how)
        labels.write(writer)
    return labels.n_new, (folder / "labels.parquet").read_bytes()


@settings(max_examples=15, deadline=None)
@given(steps=st.lists(st.sets(st.integers(0, CLIPS - 1), min_size=1), min_size=2, max_size=4))
def test_only_new_clips_are_computed_and_the_bytes_are_those_of_a_fresh_run(tmp_path_factory, steps):
    folder, known = tmp_path_factory.mktemp("labels"), set()
    for number, clips in enumerate([set(range(0, CLIPS, 3)), *steps]):  # clips long enough for a window
        store = store_of(folder, clips | {0})
        new, content = labelled(folder, store, folder / "cache")
        assert new == len((clips | {0}) - known)
        assert content == labelled(folder, store, folder / f"empty{number}")[1]
        known |= clips


def test_other_names_and_copies_of_a_clip_compute_nothing(tmp_path):
    labelled(tmp_path, store_of(tmp_path, set(range(20))), tmp_path / "cache")
    assert labelled(tmp_path, store_of(tmp_path, set(range(20)), "other{:03}"), tmp_path / "cache")[0] == 0


def test_damaged_shards_are_computed_again(tmp_path, monkeypatch):
    monkeypatch.setattr(annotation, "SHARD_CLIPS", 8)
    store = store_of(tmp_path, set(range(20)))
    _, before = labelled(tmp_path, store, tmp_path / "cache")
    first, *others = sorted((tmp_path / "cache").glob("*.arrow"))
    lost = read_shard(first).num_rows
    first.write_bytes(first.read_bytes()[:100])
    assert len(others) == 2 and labelled(tmp_path, store, tmp_path / "cache") == (lost, before)


def test_features_that_are_not_those_of_the_index_are_refused(tmp_path):
    store = store_of(tmp_path, {0, 1, 2})
    store_of(tmp_path, {3, 4, 5})
    with pytest.raises(PslError, match=r"features of clip00 in .*balanced-a.parquet are not those of the index"):
        labelled(tmp_path, store, tmp_path / "cache")


@dataclass(frozen=True)
class Changed:
    """Opens another annotator than the one that labels are asked of."""

    def __call__(self) -> PlaceholderAnnotator:
        return placeholder(7)


def test_an_annotator_that_changed_meanwhile_is_refused(tmp_path):
    runner = Serial(other_processes=True)  # so that the opener is used
    with pytest.raises(PslError, match="changed while its labels were made"):
        labelled(tmp_path, store_of(tmp_path, {0}), tmp_path / "cache", runner=runner, opener=Changed())


def test_the_runner_is_told_of_shards_that_are_there_and_of_the_new(tmp_path):
    names: dict[str, list[str]] = {}

    class Watching(Serial):
        def __call__(self, work, jobs, cached=()):
            names.update(cached=list(cached), new=[str(job) for job in jobs])
            return super().__call__(work, jobs)

    labelled(tmp_path, store_of(tmp_path, set(range(10))), tmp_path / "cache")
    labelled(tmp_path, store_of(tmp_path, set(range(2, 12))), tmp_path / "cache", runner=Watching())
    assert names == {"cached": ["clip02 … clip09 (8 clips)"], "new": ["clip10 … clip11 (2 clips)"]}
