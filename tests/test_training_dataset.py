"""Batches hold every chosen window once, with its own frames and targets, in an order that (seed, epoch) decides."""

from dataclasses import replace
from itertools import islice

import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from toy import VOCABULARY, toy_labels, toy_store, truth

from psl.io.features.store import FeatureStore
from psl.io.labels.reader import read_labels
from psl.io.labels.targets import Targets, weak_soft_labels
from psl.io.labels.writer import LabelWriter
from psl.runtime.errors import PslError
from psl.training.engine.dataset import WindowDataset
from psl.training.engine.samplers.all import build as all_windows

WINDOW_MS, WINDOW_FRAMES = 400, 10


@pytest.fixture(scope="module")
def corpus(tmp_path_factory):
    """40 clips in three row groups, with one to four windows of ten frames; each window's target numbers it."""
    folder = tmp_path_factory.mktemp("corpus")
    store = toy_store(folder, frames=(40, 25, 8))
    with LabelWriter(folder / "labels.parquet", VOCABULARY, 0.0, {}) as writer:
        for number, clip_id in enumerate(store.clip_ids):
            starts = np.arange(0, max(int(store.duration_ms_N[number]) - WINDOW_MS, 0) + 1, WINDOW_MS)
            p_WC = np.stack([np.full(len(starts), number / 100), starts / 10_000, np.zeros(len(starts))], axis=1)
            writer.add(clip_id, starts, WINDOW_MS, p_WC.astype(np.float32))
    return store, read_labels(folder / "labels.parquet")


def dataset(corpus, chosen_N=None, batch_windows=7, shuffle_buffer_clips=4096) -> WindowDataset:
    store, labels = corpus
    chosen_N = np.ones(len(store), bool) if chosen_N is None else chosen_N
    return WindowDataset(
        store,
        Targets(labels),
        chosen_N,
        sampler=all_windows(),
        batch_windows=batch_windows,
        shuffle_buffer_clips=shuffle_buffer_clips,
    )


def epoch_of(windows, seed, epoch) -> list:
    """The batches of one epoch."""
    return list(islice(windows.stream(seed, epoch * windows.steps), windows.steps))


def who(batches) -> list[tuple[int, int]]:
    """(clip number, start in ms) of each window, told by its target."""
    targets = [target_C for _, target_BC in batches for target_C in target_BC]
    return [(round(target_C[0] * 100), round(target_C[1] * 10_000)) for target_C in targets]


@settings(max_examples=15, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(st.sets(st.integers(0, 39), min_size=1), st.integers(1, 50), st.sampled_from([1, 20, 4096]), st.integers(0, 3))
def test_every_chosen_window_once_whatever_the_pool(corpus, chosen, batch_windows, shuffle_buffer_clips, epoch):
    chosen_N = np.isin(np.arange(40), list(chosen))
    windows = dataset(corpus, chosen_N, batch_windows, shuffle_buffer_clips)
    seen = who(epoch_of(windows, 1, epoch))
    clip_W, start_W = corpus[1].clip_W, corpus[1].start_ms_W
    assert sorted(seen) == [(clip, start) for clip, start in zip(clip_W, start_W, strict=True) if clip in chosen]
    assert len(windows) == len(seen) and windows.steps == -(-len(seen) // batch_windows)


def test_each_window_has_its_own_frames_and_short_clips_are_repeated(corpus):
    store, _ = corpus
    mels = dict(store.clips())
    for mel_BTF, target_BC in epoch_of(dataset(corpus), 1, 0):
        assert mel_BTF.dtype == np.float32 and mel_BTF.shape[1:] == (WINDOW_FRAMES, 32)
        for mel_TF, (clip, start) in zip(mel_BTF, who([(mel_BTF, target_BC)]), strict=True):
            expected = np.tile(mels[clip], (2, 1)) if len(mels[clip]) < WINDOW_FRAMES else mels[clip]
            np.testing.assert_array_equal(mel_TF, expected[start // 40 :][:WINDOW_FRAMES])


def test_the_order_is_decided_by_seed_and_epoch(corpus):
    orders = [
        who(epoch_of(dataset(corpus, shuffle_buffer_clips=20), seed, epoch))
        for seed, epoch in [(1, 0), (1, 0), (1, 1), (2, 0)]
    ]
    assert orders[0] == orders[1] and orders[0] != orders[2] and orders[0] != orders[3]


@settings(max_examples=20, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(st.integers(1, 50), st.sampled_from([1, 20, 4096]), st.integers(0, 90), st.integers(0, 3))
def test_a_stream_from_a_later_step_is_that_from_the_first_without_the_batches_before(
    corpus, batch_windows, shuffle_buffer_clips, first_step, seed
):
    windows = dataset(corpus, np.arange(40) % 3 > 0, batch_windows, shuffle_buffer_clips)
    later = list(islice(windows.stream(seed, first_step), 3))
    expected = list(islice(windows.stream(seed), first_step, first_step + 3))
    for batch, other in zip(later, expected, strict=True):
        assert all(map(np.array_equal, batch, other))


def test_shards_of_skipped_batches_are_not_read(corpus, monkeypatch):
    reads = []
    read = FeatureStore.read_group
    monkeypatch.setattr(FeatureStore, "read_group", lambda self, group: reads.append(group) or read(self, group))
    windows = dataset(corpus, batch_windows=1, shuffle_buffer_clips=1)
    assert len(list(islice(windows.stream(1, windows.steps - 1), 1))) == 1 and len(reads) <= 2  # of three, and the next


def test_windows_of_one_clip_and_neighbours_are_spread(corpus):
    clips = np.array([clip for clip, _ in who(epoch_of(dataset(corpus), 1, 0))])
    assert np.abs(np.diff(clips)).mean() > 8  # 13.3 in random order, under 1 in the order of the shards


def test_what_fits_into_the_pool_is_read_once_and_the_rest_streams(corpus, monkeypatch):
    store, _ = corpus
    reads = []
    read = FeatureStore.read_group
    monkeypatch.setattr(FeatureStore, "read_group", lambda self, group: reads.append(group) or read(self, group))
    kept, streamed = dataset(corpus), dataset(corpus, shuffle_buffer_clips=16)
    for epoch in range(3):
        epoch_of(kept, 1, epoch)
    assert sorted(reads) == [0, 1, 2]
    list(islice(streamed.stream(1), 3 * streamed.steps))
    assert 9 <= len(reads) - 3 <= 12  # of three epochs, and what is read ahead


def test_one_pool_is_read_ahead_and_no_more(corpus, monkeypatch):
    reads = []
    read = FeatureStore.read_group
    monkeypatch.setattr(FeatureStore, "read_group", lambda self, group: reads.append(group) or read(self, group))
    batches = dataset(corpus, batch_windows=1, shuffle_buffer_clips=16).stream(1)
    next(batches)
    batches.close()
    assert len(reads) <= 2  # of three


def test_a_store_of_two_subsets_in_another_order_than_the_labels(tmp_path):
    toy_store(tmp_path, clips=5, prefix="z")
    toy_store(tmp_path, clips=6, subset="aud300h", prefix="a")
    store = FeatureStore(tmp_path, ["balanced", "aud300h"])
    clip_ids = tuple(sorted(store.clip_ids))
    labels = weak_soft_labels(VOCABULARY, clip_ids, np.full(11, 1600), np.tile(truth(6), (2, 1))[:11])
    windows = WindowDataset(
        store,
        Targets(labels),
        np.array([clip_id in ("a01", "z02") for clip_id in clip_ids]),
        sampler=all_windows(),
        batch_windows=4,
        shuffle_buffer_clips=100,
    )
    ((row_B, (mel_BTF, _)),) = windows.in_order()
    assert [clip_ids[labels.clip_W[row]] for row in row_B] == ["z02", "a01"]
    mels = {store.clip_ids[number]: mel_TF for number, mel_TF in store.clips()}
    np.testing.assert_array_equal(mel_BTF, [mels["z02"], mels["a01"]])


def test_in_order_names_the_rows(corpus):
    store, labels = corpus
    windows = dataset(corpus, np.arange(40) % 2 == 0, batch_windows=6)
    rows = []
    for row_B, batch in windows.in_order():
        rows.extend(row_B.tolist())
        assert who([batch]) == [(labels.clip_W[row], labels.start_ms_W[row]) for row in row_B]
    assert rows == windows.rows_W.tolist()


def test_clips_of_several_lengths_get_the_longest_window(tmp_path):
    store = toy_store(tmp_path, clips=4, frames=(40, 30))
    windows = WindowDataset(
        store,
        Targets(toy_labels(store)),
        np.ones(4, bool),
        sampler=all_windows(),
        batch_windows=4,
        shuffle_buffer_clips=100,
    )
    assert windows.window_ms == 1600 and next(windows.stream(1))[0].shape == (4, 40, 32)


def test_labels_and_features_of_other_clips_are_refused_with_counts(tmp_path):
    store = toy_store(tmp_path, clips=6)
    labels = replace(toy_labels(store), clip_ids=tuple(f"clip{n:02}" for n in range(2, 8)))
    with pytest.raises(
        PslError, match=r"2 of 6 clips with features have no labels and 2 of 6 clips with labels have no features"
    ):
        WindowDataset(
            store, Targets(labels), np.ones(6, bool), sampler=all_windows(), batch_windows=4, shuffle_buffer_clips=100
        )


def test_a_sampler_says_where_windows_of_shuffled_batches_start_and_no_other(corpus):
    store, labels = corpus
    last = lambda start_W, last_start_W, seed, epoch: last_start_W  # noqa: E731
    sizes = {"batch_windows": 100, "shuffle_buffer_clips": 100}
    windows = WindowDataset(store, Targets(labels), np.ones(40, bool), sampler=last, **sizes)
    mels = dict(store.clips())
    mel_BTF, target_BC = next(windows.stream(3, windows.steps))
    for mel_TF, (clip, _) in zip(mel_BTF, who([(mel_BTF, target_BC)]), strict=True):
        np.testing.assert_array_equal(mel_TF[-8:], mels[clip][-8:] if len(mels[clip]) >= 10 else mel_TF[-8:])
    in_order, as_labelled = next(windows.in_order()), next(dataset(corpus, batch_windows=100).in_order())
    assert np.array_equal(in_order[1][0], as_labelled[1][0])
