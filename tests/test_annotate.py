"""Every window gets its labels once; they depend on the window and the annotator alone; a killed run goes on."""

from dataclasses import dataclass, replace

import numpy as np
import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st
from toy import FRONT_END, VOCABULARY, placeholder, toy_store

from models.mobilenetv2 import MobileNetV2
from psl.annotators.inference import annotate as annotation
from psl.annotators.inference.annotate import annotate, check_windows
from psl.annotators.inference.annotator import Annotator, FeatureInput
from psl.annotators.inference.clips import TimeAxis
from psl.annotators.inference.clips.features import FeatureClips
from psl.annotators.inference.network.saved_model import SavedModel, for_inference
from psl.annotators.inference.scorer import Clip, Windowing, score_clips
from psl.annotators.kinds.placeholder import PlaceholderAnnotator
from psl.io.features.front_end import front_end_hash
from psl.io.features.store import FeatureStore
from psl.io.labels.reader import read_labels
from psl.io.labels.writer import LabelWriter
from psl.io.schemas import Q_ONE
from psl.io.windows import fit_frames, frames_in
from psl.runtime.errors import PslError
from psl.runtime.runners.in_process import Serial

HERE = Serial()
AXIS = TimeAxis(FRONT_END.sample_rate_hz, FRONT_END.hop_length_samples)
WINDOWS = Windowing(length_ms=400, hop_ms=300, last_window="shift")


def network() -> SavedModel:
    """A network whose probabilities spread over (0, 1): batch norm has seen data."""
    torch.manual_seed(1)
    model = MobileNetV2(3, 0.35, 32, dropout=0.3)
    with torch.no_grad():
        model.classifier[1].weight.mul_(100)
        for _ in range(30):
            model(torch.randn(16, 50, 32) * 20 - 50)
    about = {"front_end_hash": front_end_hash(FRONT_END), "weights_hash": "w"}
    return SavedModel("network", for_inference(model, torch.device("cpu")), VOCABULARY, about)


@pytest.fixture(scope="module", params=[placeholder, network], ids=["placeholder", "network"])
def annotator(request):
    return request.param()


def some_windows(count=30) -> list[np.ndarray]:
    rng = np.random.default_rng(2)
    return [rng.normal(-50, 20, (50, 32)).astype(np.float16) for _ in range(count)]


def scored(annotator, windows, batch_size) -> np.ndarray:
    """p_WC of windows of two seconds, each of which is a clip."""
    clips = [Clip(mel_TF, 2000) for mel_TF in windows]
    windowing = Windowing(2000, 2000, "shift")
    return np.concatenate(list(score_clips(clips, windowing, AXIS, annotator, inference_batch_size=batch_size)))


@given(st.lists(st.integers(1, 60), min_size=1, max_size=20), st.integers(1, 7))
def test_each_clip_gets_the_probabilities_of_its_own_windows_and_few_clips_are_read_ahead(frames, batch_size):
    rng, read = np.random.default_rng(3), []
    mels = [rng.normal(-50, 20, (length, 32)).astype(np.float16) for length in frames]
    clips = (read.append(n) or Clip(mel_TF, 40 * len(mel_TF)) for n, mel_TF in enumerate(mels))
    clip_scores = score_clips(clips, WINDOWS, AXIS, placeholder(), inference_batch_size=batch_size)
    for number, p_WC in enumerate(clip_scores):
        assert len(read) <= number + 1 + batch_size
        starts = [frames_in(start_ms, 16_000, 640) for start_ms in WINDOWS.starts(40 * frames[number]).tolist()]
        windows = [fit_frames(mels[number], start, 10) for start in starts]
        np.testing.assert_array_equal(p_WC, placeholder()(np.stack(windows).astype(np.float32)))
    assert number == len(frames) - 1


def test_annotators_have_one_interface(annotator: Annotator):
    p_BC = annotator(np.stack(some_windows(5)).astype(np.float32))
    assert (
        p_BC.shape == (5, 3) and p_BC.dtype == np.float32 and p_BC.min() >= 0 and p_BC.max() <= 1 and p_BC.std() > 0.01
    )
    assert annotator.vocabulary == VOCABULARY and annotator.input == FeatureInput(front_end_hash(FRONT_END))
    assert annotator.name and annotator.weights_hash


@pytest.fixture(params=[1, 2])
def threads(request):
    before = torch.get_num_threads()
    torch.set_num_threads(request.param)
    yield
    torch.set_num_threads(before)


@pytest.mark.usefixtures("threads")
def test_labels_do_not_depend_on_batch_mates_or_their_order(annotator):
    windows = some_windows()
    p_WC = scored(annotator, windows, 8)
    order = np.random.default_rng(4).permutation(len(windows))
    np.testing.assert_array_equal(scored(annotator, [windows[i] for i in order], 8), p_WC[order])
    np.testing.assert_array_equal(scored(annotator, windows[3:4], 8), p_WC[3:4])


@pytest.mark.parametrize("batch_size", [1, 5, 30, 64])
def test_labels_hardly_depend_on_the_batch_size(annotator, batch_size):
    p_WC, other_WC = (scored(annotator, some_windows(), size) for size in (8, batch_size))
    assert np.abs(p_WC - other_WC).max() <= 1 / Q_ONE


def test_another_seed_is_another_placeholder():
    mel_BTF = np.stack(some_windows(3)).astype(np.float32)
    assert (
        placeholder(1).weights_hash != placeholder(2).weights_hash
        and (placeholder(1)(mel_BTF) != placeholder(2)(mel_BTF)).all()
    )


def written(path, store, windowing=WINDOWS, annotator=None, cache=None):
    annotator, cache = annotator or placeholder(), cache or path / "cache"
    with LabelWriter(path / "labels.parquet", VOCABULARY, 0.0, {}) as writer:
        labels = annotate(FeatureClips(store), windowing, annotator, inference_batch_size=8, cache=cache, runner=HERE)
        labels.write(writer)
    return read_labels(path / "labels.parquet")


@pytest.fixture
def store(tmp_path):
    """Two subsets whose clips take turns in the order of the ids; clips of 1.6, .92 and .2 s."""
    toy_store(tmp_path / "f", clips=40, frames=(40, 23, 5), prefix="b")
    toy_store(tmp_path / "f", clips=21, frames=(23, 40), subset="aud300h", prefix="a")
    return FeatureStore(tmp_path / "f", ["balanced", "aud300h"])


def test_each_window_of_each_clip_once_with_its_own_label_vs_reference(tmp_path, store, monkeypatch, capsys):
    monkeypatch.setattr(annotation, "SHARD_CLIPS", 32)
    labels = written(tmp_path, store)
    expected = []
    for clip_id, number, mel_TF in sorted((store.clip_ids[n], n, mel_TF) for n, mel_TF in store.clips()):
        for start in WINDOWS.starts(int(store.duration_ms_N[number])):
            mel_TF = np.tile(mel_TF, (2, 1)) if len(mel_TF) < 10 else mel_TF
            first = frames_in(int(start), 16_000, 640)
            expected.append((clip_id, start, placeholder()(mel_TF[None, first : first + 10].astype(np.float32))[0]))
    rows = zip(labels.clip_W, labels.start_ms_W, strict=True)
    assert [(labels.clip_ids[clip], start) for clip, start in rows] == [row[:2] for row in expected]
    np.testing.assert_allclose(labels.dense(np.arange(len(labels))), [row[2] for row in expected], atol=1.01 / Q_ONE)
    assert (
        set(labels.duration_ms_W) == {400}
        and "13 of 61 clips are shorter than a window of 0.4 s" in capsys.readouterr().err
    )
    check_windows(labels, store, WINDOWS)


@dataclass(frozen=True)
class Dying(PlaceholderAnnotator):
    """Dies at its last call, and counts what it labelled before."""

    calls: int = 10**9
    done: list = None

    def __call__(self, mel_BTF):
        self.done.append(len(mel_BTF))
        if len(self.done) > self.calls:
            raise KeyboardInterrupt
        return super().__call__(mel_BTF)


def test_a_killed_run_goes_on_and_gives_the_same_bytes(tmp_path, store, monkeypatch):
    monkeypatch.setattr(annotation, "SHARD_CLIPS", 16)
    written(tmp_path / "whole", store)
    first = Dying(VOCABULARY, store.front_end_hash, calls=10, done=[])
    with pytest.raises(KeyboardInterrupt):
        written(tmp_path, store, annotator=first)
    assert not (tmp_path / "labels.parquet").exists()
    again, whole = (Dying(VOCABULARY, store.front_end_hash, done=[]) for _ in range(2))
    written(tmp_path, store, annotator=again)
    written(tmp_path / "other", store, annotator=whole)
    assert 0 < len(again.done) < len(whole.done) and set(whole.done) == {8}  # only full batches
    assert (tmp_path / "labels.parquet").read_bytes() == (tmp_path / "whole/labels.parquet").read_bytes()


def seed(store, windowing):
    return dict(annotator=placeholder(7))


def hop(store, windowing):
    return dict(windowing=replace(windowing, hop_ms=200))


def length(store, windowing):
    return dict(windowing=replace(windowing, length_ms=440))


def sound(store, windowing):
    return dict(store=toy_store(store.folder_of_the_test, clips=9, frames=(41,), seed=4))


@pytest.mark.parametrize("change", [seed, hop, length, sound])
def test_the_cache_is_not_used_for_something_else(tmp_path, change):
    store = toy_store(tmp_path / "a", clips=9, frames=(41,))
    store.folder_of_the_test = tmp_path / "b"
    windowing = replace(WINDOWS, last_window="drop")  # windows of 400 and of 440 ms have the same starts
    written(tmp_path, store, windowing, cache=tmp_path / "cache")
    changed = {"store": store, "windowing": windowing} | change(store, windowing)
    cached = written(tmp_path, **changed, cache=tmp_path / "cache")
    fresh = written(tmp_path, **changed, cache=tmp_path / "empty")
    np.testing.assert_array_equal(cached.q_K, fresh.q_K)
    np.testing.assert_array_equal(cached.start_ms_W, fresh.start_ms_W)


def test_coverage_counts_what_is_missing_foreign_and_doubled(tmp_path, store):
    labels = written(tmp_path, store)
    start_ms_W = labels.start_ms_W.copy()
    start_ms_W[1] = start_ms_W[0]  # a window lost, another one doubled
    start_ms_W[4] += 1  # a window lost, a foreign one found
    with pytest.raises(
        PslError,
        match=rf"of {len(labels)} windows, 2 have no labels; 1 labels come more than once and 1 belong to no window",
    ):
        check_windows(replace(labels, start_ms_W=start_ms_W), store, WINDOWS)
    with pytest.raises(PslError, match=r"annotate again"):
        check_windows(replace(labels, clip_ids=("a", *labels.clip_ids[1:])), store, WINDOWS)


def test_a_window_longer_than_every_clip_is_refused(tmp_path, store):
    with pytest.raises(PslError, match=r"window of 1.7 s is longer than every clip \(the longest has 1.6 s\)"):
        written(tmp_path, store, Windowing(1700, 1700, "shift"))


def test_another_front_end_is_refused_and_both_are_named(tmp_path, store):
    with pytest.raises(PslError, match=rf"front end deadbeef, and these are of {store.front_end_hash[:8]}"):
        written(tmp_path, store, annotator=PlaceholderAnnotator(VOCABULARY, "deadbeef00"))
