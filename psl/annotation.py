"""Soft labels for every window of a corpus, shard by shard, so that a killed run goes on where it was.

A window's labels depend on the window and the annotator alone: all windows have the same number of frames, every batch has the
same size (the last is filled up with copies), and networks in evaluation mode look at one window at a time.
"""

import hashlib
import heapq
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt

from psl.annotators import Annotator
from psl.errors import PslError
from psl.features.store import FeatureStore
from psl.files import hash_json, write_whole
from psl.front_end import require_same_front_end
from psl.labels import LabelWriter, SoftLabels
from psl.progress import say, track
from psl.windows import Tail, fit_frames, frames_in, window_starts

SHARD_CLIPS = 256  # what a killed run loses at most
Clip = tuple[str, npt.NDArray[np.int64], npt.NDArray[np.float32]]  # clip_id, start_ms_W, p_WC


@dataclass(frozen=True)
class Windowing:
    """How clips are cut into windows, in milliseconds; see psl.windows.window_starts."""

    length_ms: int
    hop_ms: int
    tail: Tail

    def starts(self, duration_ms: int) -> npt.NDArray[np.int64]:
        """start_ms_W of a clip."""
        return window_starts(duration_ms, self.length_ms, self.hop_ms, self.tail)


def annotate(store: FeatureStore, windowing: Windowing, annotator: Annotator, batch_windows: int, writer: LabelWriter, cache: Path) -> None:
    """Label every window of every clip of `store` and hand them to `writer` in the order of the clip ids.

    Finished shards lie in `cache`, named after all that they depend on but the code, until the caller deletes it.
    Raises PslError for an annotator of another front end, and for a window longer than every clip.
    """
    require_same_front_end(f"the annotator {annotator.name}", annotator.front_end_hash, store.front_end_hash)
    _check_length(store, windowing)
    work = _Work(store, windowing, annotator, batch_windows, cache)
    streams = [work.clips(run) for run in _sorted_runs(store)]
    for clip_id, start_ms_W, p_WC in track(heapq.merge(*streams, key=lambda clip: clip[0]), "annotate clips", len(store.clip_ids)):
        writer.add(clip_id, start_ms_W, windowing.length_ms, p_WC)


def check_windows(labels: SoftLabels, store: FeatureStore, windowing: Windowing) -> None:
    """Raise PslError, with counts, unless `labels` hold each window of each clip of `store` exactly once."""
    number = {clip_id: clip for clip, clip_id in enumerate(labels.clip_ids)}
    extra = len(labels.clip_ids)  # clips without labels are numbered after those with labels
    clip_N = [number.get(clip_id, extra + i) for i, clip_id in enumerate(store.clip_ids)]
    starts = [windowing.starts(duration) for duration in store.duration_ms_N.tolist()]
    asked_W = _window_codes(np.repeat(clip_N, [len(start_ms_W) for start_ms_W in starts]), np.concatenate(starts))
    found_W = _window_codes(labels.clip_W, labels.start_ms_W)
    distinct_W = np.unique(found_W)
    missing, foreign = (len(np.setdiff1d(*pair, assume_unique=True)) for pair in ((asked_W, distinct_W), (distinct_W, asked_W)))
    again = len(found_W) - len(distinct_W)
    if missing or foreign or again:
        raise PslError(
            f"of {len(asked_W)} windows, {missing} have no labels; {again} labels come more than once and {foreign} belong to no window: "
            f"annotate again"
        )


@dataclass(frozen=True)
class _Work:
    store: FeatureStore
    windowing: Windowing
    annotator: Annotator
    batch_windows: int
    cache: Path

    def clips(self, groups: Sequence[int]) -> Iterator[Clip]:
        """The clips of these row groups with their labels."""
        for shard in self._shards(groups):
            numbers = [number for group in shard for number in self.store.groups[group]]
            starts = [self.windowing.starts(int(self.store.duration_ms_N[number])) for number in numbers]
            mels = [mel_TF for group in shard for mel_TF in self.store.read_group(group)]
            p_WC = self._labels([self.store.clip_ids[number] for number in numbers], mels, starts)
            ends = np.cumsum([len(start_ms_W) for start_ms_W in starts])
            for number, start_ms_W, p_of_clip_WC in zip(numbers, starts, np.split(p_WC, ends[:-1]), strict=True):
                yield self.store.clip_ids[number], start_ms_W, p_of_clip_WC

    def _shards(self, groups: Sequence[int]) -> Iterator[list[int]]:
        shard: list[int] = []
        for group in groups:
            shard.append(group)
            if sum(len(self.store.groups[member]) for member in shard) >= SHARD_CLIPS:
                yield shard
                shard = []
        if shard:
            yield shard

    def _labels(self, clip_ids: list[str], mels: list[npt.NDArray[Any]], starts: list[npt.NDArray[np.int64]]) -> npt.NDArray[np.float32]:
        """p_WC of a shard, from the cache or made and put there."""
        path = self.cache / f"{self._key(clip_ids, mels, starts)}.npy"
        if path.exists():
            cached: npt.NDArray[np.float32] = np.load(path)
            return cached
        front_end = self.store.front_end
        windows = [
            (mel_TF, frames_in(int(start), front_end.sample_rate_hz, front_end.hop_samples))
            for mel_TF, start_ms_W in zip(mels, starts, strict=True)
            for start in start_ms_W
        ]
        frames = frames_in(self.windowing.length_ms, front_end.sample_rate_hz, front_end.hop_samples)
        p_WC = label_windows(self.annotator, windows, frames, self.batch_windows)
        with write_whole(path) as temporary, temporary.open("wb") as handle:
            np.save(handle, p_WC)
        return p_WC

    def _key(self, clip_ids: list[str], mels: list[npt.NDArray[Any]], starts: list[npt.NDArray[np.int64]]) -> str:
        annotator, windowing = self.annotator, self.windowing
        about = [annotator.weights_hash, annotator.front_end_hash, annotator.vocabulary.hash, windowing.length_ms, self.batch_windows]
        return hash_json([*about, clip_ids, [start_ms_W.tolist() for start_ms_W in starts], [_hash(mel_TF) for mel_TF in mels]])


def label_windows(
    annotator: Annotator, windows: list[tuple[npt.NDArray[Any], int]], frames: int, batch_windows: int
) -> npt.NDArray[np.float32]:
    """p_WC of windows (mel_TF of the clip, first frame), `batch_windows` at a time; the last batch is filled up with copies."""
    parts = []
    for begin in range(0, len(windows), batch_windows):
        part = windows[begin : begin + batch_windows]
        full = part + part[:1] * (batch_windows - len(part))
        mel_BTF = np.stack([fit_frames(mel_TF, first, frames) for mel_TF, first in full]).astype(np.float32)
        parts.append(annotator(mel_BTF)[: len(part)])
    return np.concatenate(parts)


def _window_codes(clip_W: npt.NDArray[np.integer], start_ms_W: npt.NDArray[np.integer]) -> npt.NDArray[np.int64]:
    """One number for each window: clip and start, which is below 2^31 ms."""
    return (np.asarray(clip_W, np.int64) << 31) + start_ms_W


def _check_length(store: FeatureStore, windowing: Windowing) -> None:
    longest, short = int(store.duration_ms_N.max()), int((store.duration_ms_N < windowing.length_ms).sum())
    window = f"a window of {windowing.length_ms / 1000:g} s"
    if longest < windowing.length_ms:
        raise PslError(f"{window} is longer than every clip (the longest has {longest / 1000:g} s): choose a shorter one")
    if short:
        say(f"{short} of {len(store.clip_ids)} clips are shorter than {window}: they are filled by repetition")


def _sorted_runs(store: FeatureStore) -> list[list[int]]:
    """Row groups in runs whose clip ids ascend: one run a subset."""
    runs: list[list[int]] = []
    last = ""
    for group, numbers in enumerate(store.groups):
        if not runs or store.clip_ids[numbers[0]] <= last:
            runs.append([])
        runs[-1].append(group)
        last = store.clip_ids[numbers[-1]]
    return runs


def _hash(mel_TF: npt.NDArray[Any]) -> str:
    return hashlib.blake2b(mel_TF.tobytes(), digest_size=16).hexdigest()
