"""Batches of feature windows with their targets, streamed from the feature shards in a seeded random order."""

from collections.abc import Generator, Iterable, Iterator, Sequence
from itertools import count, islice
from typing import Any

import numpy as np
import numpy.typing as npt

from psl.io.features.store import FeatureStore
from psl.io.labels.soft_labels import SoftLabels
from psl.io.labels.targets import Targets
from psl.io.windows import fit_frames, frames_in
from psl.runtime.errors import PslError
from psl.runtime.prefetch import prefetch
from psl.training.engine.samplers import Sampler

Window = tuple[npt.NDArray[Any], int]  # mel_TF of its clip, number of the window in the labels
Batch = tuple[npt.NDArray[np.float32], npt.NDArray[np.float32]]  # mel_BTF, target_BC
Mels = dict[int, npt.NDArray[Any]]  # mel_TF of each clip, by its number in the labels
Rows = npt.NDArray[np.int64]  # numbers of windows in the labels
PREFETCHED_BATCHES = 2


class WindowDataset:
    """The windows of the clips that `chosen_N` picks among `targets.labels.clip_ids`, `batch_windows` at a time.

    Clips are mixed `shuffle_buffer_clips` at a time: a row group goes whole into a buffer. Memory holds two buffers,
    however large the corpus; clips that fit into one are read once and kept. All windows have the same length: that of
    the longest, and shorter ones are repeated as `psl.io.windows.fit_frames` says. `sampler` says where in their
    clips the windows of shuffled batches start.
    """

    def __init__(
        self,
        store: FeatureStore,
        targets: Targets,
        chosen_N: npt.NDArray[np.bool_],
        *,
        sampler: Sampler,
        batch_windows: int,
        shuffle_buffer_clips: int,
    ) -> None:
        check_same_clips(store, targets.labels)
        labels = targets.labels
        self._store, self.targets, self._chosen_N, self._sampler = store, targets, chosen_N, sampler
        self._batch_windows, self._shuffle_buffer_clips = batch_windows, shuffle_buffer_clips
        self._label_clip_N = _numbers(store.clip_ids, labels.clip_ids)  # by number in the store
        self._first_W = np.searchsorted(labels.clip_W, np.arange(len(labels.clip_ids) + 1))
        self._groups = [g for g, clips in enumerate(store.groups) if chosen_N[self._label_clip_N[clips]].any()]
        self.window_ms = int(labels.duration_ms_W.max())
        self.frames = self._frames_in(self.window_ms)
        start_ms_S = np.unique(labels.start_ms_W)
        start_S = np.array([self._frames_in(int(ms)) for ms in start_ms_S], np.int32)
        self._start_W = start_S[np.searchsorted(start_ms_S, labels.start_ms_W)]
        last_start_N = np.zeros(len(labels.clip_ids), np.int32)
        last_start_N[self._label_clip_N] = np.maximum(store.frames_N - self.frames, 0)
        self._last_start_W = last_start_N[labels.clip_W]
        self.rows_W = np.flatnonzero(chosen_N[labels.clip_W])
        self._kept: Mels | None = None

    def __len__(self) -> int:
        return len(self.rows_W)

    @property
    def n_clips(self) -> int:
        """Clips that the windows are cut from."""
        return int(self._chosen_N.sum())

    @property
    def steps(self) -> int:
        """Batches in one pass."""
        return -(-len(self) // self._batch_windows)

    @property
    def largest_batch(self) -> int:
        """Windows in every batch but the last of a pass, which may be smaller."""
        return min(self._batch_windows, len(self))

    def stream(self, seed: int, first_step: int = 0) -> Generator[Batch]:
        """Batches without an end, from number `first_step` on: those before it are neither read nor made.

        Epoch e is the batches from e * `steps` on. It holds every window once, in an order that depends on (seed, e)
        alone. Close the generator to end its threads.
        """
        return prefetch(self._endless(seed, first_step), PREFETCHED_BATCHES)

    def starts(self, seed: int, epoch: int) -> npt.NDArray[np.integer]:
        """First frame of each window of the labels in an epoch, a function of (seed, epoch)."""
        return self._sampler(self._start_W, self._last_start_W, seed, epoch)

    def in_order(self) -> Iterator[tuple[npt.NDArray[np.int64], Batch]]:
        """Every window once, in the order of the shards: the windows' numbers in the labels beside each batch."""
        parts = self._parts((groups, self._rows_of(groups)) for groups in self._split(self._groups))
        return prefetch(
            ((np.array([row for _, row in part]), self._batch(part, self._start_W)) for part in parts),
            PREFETCHED_BATCHES,
        )

    def _endless(self, seed: int, first_step: int) -> Iterator[Batch]:
        first_epoch, skipped_batches = divmod(first_step, self.steps)
        for epoch in count(first_epoch):
            skipped = skipped_batches * self._batch_windows if epoch == first_epoch else 0
            start_W = self.starts(seed, epoch)
            for part in self._parts(self._mixed(np.random.default_rng([seed, epoch]), skipped)):
                yield self._batch(part, start_W)

    def _mixed(self, rng: np.random.Generator, skipped: int) -> Iterator[tuple[list[int], Rows]]:
        """Row groups that fill a buffer, and their windows in random order, without the first `skipped` windows."""
        for groups in self._split(rng.permutation(self._groups).tolist()):
            row_R = rng.permutation(np.sort(self._rows_of(groups)))
            if skipped < len(row_R):
                yield groups, row_R[skipped:]
            skipped = max(skipped - len(row_R), 0)

    def _windows(self, buffers: Iterator[tuple[list[int], Rows]]) -> Iterator[Window]:
        """The windows of each buffer, which is read while the one before it is in use."""
        clip_W = self.targets.labels.clip_W
        for mels, row_R in prefetch(((self._mels(groups), row_R) for groups, row_R in buffers), 1):
            for row in row_R.tolist():
                yield mels[int(clip_W[row])], row

    def _mels(self, groups: list[int]) -> Mels:
        """The chosen clips of these row groups, which are kept where all fit into a buffer."""
        if self.n_clips > self._shuffle_buffer_clips:
            return self._read(groups)
        if self._kept is None:
            self._kept = self._read(groups)
        return self._kept

    def _split(self, groups: list[int]) -> Iterator[list[int]]:
        """Groups in parts that hold `shuffle_buffer_clips` chosen clips or few more."""
        part, clips = [], 0
        for group in groups:
            part.append(group)
            clips += int(self._chosen_N[self._label_clip_N[self._store.groups[group]]].sum())
            if clips >= self._shuffle_buffer_clips:
                yield part
                part, clips = [], 0
        if part:
            yield part

    def _read(self, groups: Iterable[int]) -> Mels:
        mels: Mels = {}
        for group in groups:
            clips = self._label_clip_N[self._store.groups[group]].tolist()
            mels.update(
                (clip, mel_TF)
                for clip, mel_TF in zip(clips, self._store.read_group(group), strict=True)
                if self._chosen_N[clip]
            )
        return mels

    def _frames_in(self, duration_ms: int) -> int:
        front_end = self._store.front_end
        return frames_in(duration_ms, front_end.sample_rate_hz, front_end.hop_length_samples)

    def _rows_of(self, groups: Iterable[int]) -> Rows:
        """The windows of the chosen clips of these row groups, in the order of the shards."""
        clips = np.concatenate([self._label_clip_N[self._store.groups[group]] for group in groups])
        rows = [np.arange(*self._first_W[clip : clip + 2]) for clip in clips[self._chosen_N[clips]].tolist()]
        return np.concatenate(rows)

    def _parts(self, buffers: Iterator[tuple[list[int], Rows]]) -> Iterator[list[Window]]:
        windows = self._windows(buffers)
        while part := list(islice(windows, self._batch_windows)):
            yield part

    def _batch(self, windows: list[Window], start_W: npt.NDArray[np.integer]) -> Batch:
        mel_BTF = np.empty((len(windows), self.frames, self._store.front_end.n_mels), np.float32)
        for i, (mel_TF, row) in enumerate(windows):
            mel_BTF[i] = fit_frames(mel_TF, start_W[row], self.frames)
        return mel_BTF, self.targets.of(np.array([row for _, row in windows]))


def _numbers(clip_ids: Sequence[str], sorted_ids: Sequence[str]) -> npt.NDArray[np.int64]:
    """The number among `sorted_ids` of each of `clip_ids`, which are the same ids in any order."""
    number = {clip_id: clip for clip, clip_id in enumerate(sorted_ids)}
    return np.array([number[clip_id] for clip_id in clip_ids], np.int64)


def check_same_clips(store: FeatureStore, labels: SoftLabels) -> None:
    """Raise PslError, with counts, unless labels and features are of the same clips."""
    labelled, featured = set(labels.clip_ids), set(store.clip_ids)
    if labelled == featured:
        return
    unlabelled, featureless = sorted(featured - labelled), sorted(labelled - featured)
    raise PslError(
        f"features and labels are not of the same clips: {len(unlabelled)} of {len(featured)} clips with features have "
        f"no labels and {len(featureless)} of {len(labelled)} clips with labels have no features "
        f"(such as {(unlabelled or featureless)[0]}): run the stages that write both again"
    )
