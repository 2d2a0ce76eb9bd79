"""Batches of feature windows with their targets, streamed from the feature shards in a seeded random order."""

from collections.abc import Iterable, Iterator
from itertools import islice
from typing import Any

import numpy as np
import numpy.typing as npt

from psl.ahead import ahead
from psl.errors import PslError
from psl.features.store import FeatureStore
from psl.labels import SoftLabels
from psl.targets import Targets
from psl.windows import fit_frames, frames_in

Window = tuple[npt.NDArray[Any], int]  # mel_TF of its clip, number of the window in the labels
Batch = tuple[npt.NDArray[np.float32], npt.NDArray[np.float32]]  # mel_BTF, target_BC
Mels = dict[int, npt.NDArray[Any]]  # mel_TF of each clip, by its number in the labels
BATCHES_AHEAD = 2


class WindowDataset:
    """The windows of the clips that `chosen_N` picks among `targets.labels.clip_ids`, `batch_windows` at a time.

    Clips are mixed `pool_clips` at a time: a row group goes whole into a pool. Memory holds two pools, however large
    the corpus; clips that fit into one pool are read once and kept. All windows have the same length: that of the
    longest, and shorter ones are repeated as `psl.windows.fit_frames` says.
    """

    def __init__(self, store: FeatureStore, targets: Targets, chosen_N: npt.NDArray[np.bool_], batch_windows: int, pool_clips: int) -> None:
        check_same_clips(store, targets.labels)
        labels, front_end = targets.labels, store.front_end
        self._store, self._targets, self._batch_windows, self._pool_clips = store, targets, batch_windows, pool_clips
        number = {clip_id: clip for clip, clip_id in enumerate(labels.clip_ids)}
        self._label_clip_N = np.array([number[clip_id] for clip_id in store.clip_ids], np.int64)  # by number in the store
        self._chosen_N = chosen_N
        self._first_W = np.searchsorted(labels.clip_W, np.arange(len(labels.clip_ids) + 1))
        self._groups = [g for g, clips in enumerate(store.groups) if chosen_N[self._label_clip_N[clips]].any()]
        start_ms_S, start_W = np.unique(labels.start_ms_W, return_inverse=True)
        self._start_W = np.array([frames_in(int(ms), front_end.sample_rate_hz, front_end.hop_samples) for ms in start_ms_S])[start_W]
        self.window_ms = int(labels.duration_ms_W.max())
        self.frames = frames_in(self.window_ms, front_end.sample_rate_hz, front_end.hop_samples)
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

    def shuffled(self, seed: int, epoch: int) -> Iterator[Batch]:
        """Every window once, in an order that depends on (seed, epoch) alone; the last batch may be smaller."""
        rng, start_W = np.random.default_rng([seed, epoch]), self.starts(seed, epoch)
        return ahead((self._batch(part, start_W) for part in self._parts(self._mixed(rng))), BATCHES_AHEAD)

    def starts(self, seed: int, epoch: int) -> npt.NDArray[np.integer]:
        """First frame of each window of the labels in an epoch: where the labels say, in every one."""
        return self._start_W

    def in_order(self) -> Iterator[tuple[npt.NDArray[np.int64], Batch]]:
        """Every window once, in the order of the shards: the windows' numbers in the labels beside each batch."""
        windows = ((mels[clip], row) for mels in self._pools(self._groups) for clip in mels for row in self._rows(clip))
        return ahead(
            ((np.array([row for _, row in part]), self._batch(part, self._start_W)) for part in self._parts(windows)), BATCHES_AHEAD
        )

    def _mixed(self, rng: np.random.Generator) -> Iterator[Window]:
        for mels in self._pools(rng.permutation(self._groups).tolist()):
            clip_R = np.concatenate([np.full(len(self._rows(clip)), clip) for clip in sorted(mels)])
            row_R = np.concatenate([np.array(self._rows(clip)) for clip in sorted(mels)])
            for i in rng.permutation(len(row_R)):
                yield mels[clip_R[i]], int(row_R[i])

    def _pools(self, groups: list[int]) -> Iterator[Mels]:
        """The chosen clips of these row groups, a pool at a time, read ahead."""
        if self._kept is not None:
            yield self._kept
        elif self._chosen_N.sum() <= self._pool_clips:
            self._kept = self._read(self._groups)
            yield self._kept
        else:
            yield from ahead((self._read(part) for part in self._split(groups)), 1)

    def _split(self, groups: list[int]) -> Iterator[list[int]]:
        """Groups in parts that hold `pool_clips` chosen clips or few more."""
        part, clips = [], 0
        for group in groups:
            part.append(group)
            clips += int(self._chosen_N[self._label_clip_N[self._store.groups[group]]].sum())
            if clips >= self._pool_clips:
                yield part
                part, clips = [], 0
        if part:
            yield part

    def _read(self, groups: Iterable[int]) -> Mels:
        mels: Mels = {}
        for group in groups:
            clips = self._label_clip_N[self._store.groups[group]].tolist()
            mels.update((clip, mel_TF) for clip, mel_TF in zip(clips, self._store.read_group(group), strict=True) if self._chosen_N[clip])
        return mels

    def _rows(self, clip: int) -> range:
        return range(self._first_W[clip], self._first_W[clip + 1])

    def _parts(self, windows: Iterator[Window]) -> Iterator[list[Window]]:
        while part := list(islice(windows, self._batch_windows)):
            yield part

    def _batch(self, windows: list[Window], start_W: npt.NDArray[np.integer]) -> Batch:
        mel_BTF = np.empty((len(windows), self.frames, self._store.front_end.mels), np.float32)
        for i, (mel_TF, row) in enumerate(windows):
            mel_BTF[i] = fit_frames(mel_TF, start_W[row], self.frames)
        return mel_BTF, self._targets.of(np.array([row for _, row in windows]))


def check_same_clips(store: FeatureStore, labels: SoftLabels) -> None:
    """Raise PslError, with counts, unless labels and features are of the same clips."""
    labelled, featured = set(labels.clip_ids), set(store.clip_ids)
    if labelled == featured:
        return
    bare, deaf = sorted(featured - labelled), sorted(labelled - featured)
    example = (bare or deaf)[0]
    raise PslError(
        f"features and labels are not of the same clips: {len(bare)} of {len(featured)} clips with features have no labels and "
        f"{len(deaf)} of {len(labelled)} clips with labels have no features (such as {example}): run the stages that write both again"
    )
