"""One shard of annotation: a job names its clips, and the work turns it into soft labels in a file, in whatever process.

A window's labels depend on the window and the annotator alone: all windows have the same number of frames, every batch has the
same size (the last is filled up with copies), and networks in evaluation mode look at one window at a time.
"""

import hashlib
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt

from psl.annotators import Annotator
from psl.errors import PslError
from psl.features.store import RowGroup, read_row_group
from psl.files import hash_json, write_whole
from psl.params import FrontEndParams
from psl.runners import names_of
from psl.windows import Tail, fit_frames, frames_in, window_starts

Mels = Sequence[npt.NDArray[Any]]
Starts = Sequence[npt.NDArray[np.int64]]


@dataclass(frozen=True)
class Windowing:
    """How clips are cut into windows, in milliseconds; see psl.windows.window_starts."""

    length_ms: int
    hop_ms: int
    tail: Tail

    def starts(self, duration_ms: int) -> npt.NDArray[np.int64]:
        """start_ms_W of a clip."""
        return window_starts(duration_ms, self.length_ms, self.hop_ms, self.tail)


@dataclass(frozen=True, eq=False)
class Job:
    """Clips whose labels become one shard, and where their features are."""

    windowing: Windowing
    groups: tuple[RowGroup, ...]
    clip_ids: tuple[str, ...]
    durations_ms: tuple[int, ...]

    def starts(self) -> list[npt.NDArray[np.int64]]:
        """start_ms_W of each clip."""
        return [self.windowing.starts(duration_ms) for duration_ms in self.durations_ms]

    def __str__(self) -> str:
        return names_of(self.clip_ids)


@dataclass(frozen=True)
class Shard:
    """p_WC of a job in a file, and whether it was there already."""

    path: Path
    cached: bool


@dataclass(frozen=True)
class Work:
    """What turns a job into its shard, in this process or another one."""

    front_end: FrontEndParams
    open_annotator: Callable[[], Annotator]
    weights_hash: str
    batch_windows: int
    cache: Path

    def __call__(self, job: Job) -> Shard:
        """p_WC of the job's windows, from the cache or made and put there."""
        annotator = _opened(self.open_annotator, self.weights_hash)
        if annotator.weights_hash != self.weights_hash:
            raise PslError(f"the annotator {annotator.name} changed while its labels were made: annotate again")
        mels = [mel_TF for group in job.groups for mel_TF in read_row_group(group, self.front_end.mels)]
        starts = job.starts()
        path = self.cache / f"{self._key(annotator, job, mels, starts)}.npy"
        cached = path.exists()
        if not cached:
            with write_whole(path) as temporary, temporary.open("wb") as handle:
                np.save(handle, self._labels(annotator, job, mels, starts))
        return Shard(path, cached)

    def _labels(self, annotator: Annotator, job: Job, mels: Mels, starts: Starts) -> npt.NDArray[np.float32]:
        rate, hop = self.front_end.sample_rate_hz, self.front_end.hop_samples
        clips = zip(mels, starts, strict=True)
        windows = [(mel_TF, frames_in(int(start), rate, hop)) for mel_TF, start_ms_W in clips for start in start_ms_W]
        return label_windows(annotator, windows, frames_in(job.windowing.length_ms, rate, hop), self.batch_windows)

    def _key(self, annotator: Annotator, job: Job, mels: Mels, starts: Starts) -> str:
        about = [annotator.weights_hash, annotator.front_end_hash, annotator.vocabulary.hash, job.windowing.length_ms, self.batch_windows]
        return hash_json([*about, job.clip_ids, [start_ms_W.tolist() for start_ms_W in starts], [_hash(mel_TF) for mel_TF in mels]])


@lru_cache(maxsize=1)
def _opened(open_annotator: Callable[[], Annotator], weights_hash: str) -> Annotator:
    """Opened once in each process; other weights are another annotator."""
    return open_annotator()


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


def _hash(mel_TF: npt.NDArray[Any]) -> str:
    return hashlib.blake2b(mel_TF.tobytes(), digest_size=16).hexdigest()
