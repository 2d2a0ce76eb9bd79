"""One shard of annotation: a job names its clips, and a worker turns it into soft labels in a file, in any process."""

import hashlib
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt

from psl.annotators.inference.annotator import Annotator
from psl.annotators.inference.scorer import ClipFeatures, Windowing, score_clips
from psl.config import FrontEndParams
from psl.io.features.store import RowGroup, read_row_group
from psl.io.files import atomic_write
from psl.io.hashes import hash_json
from psl.runtime.errors import PslError
from psl.runtime.runners import shard_name

Mels = Sequence[npt.NDArray[Any]]


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
        return shard_name(self.clip_ids)


@dataclass(frozen=True)
class Shard:
    """p_WC of a job in a file, and whether an earlier run had written it."""

    path: Path
    cached: bool


@dataclass(frozen=True)
class ShardWorker:
    """Turns a job into its shard, in this process or another one."""

    front_end: FrontEndParams
    open_annotator: Callable[[], Annotator]
    weights_hash: str
    inference_batch_size: int
    cache: Path

    def __call__(self, job: Job) -> Shard:
        """p_WC of the job's windows, from the cache or computed and put there."""
        annotator = _opened(self.open_annotator, self.weights_hash)
        if annotator.weights_hash != self.weights_hash:
            raise PslError(f"the annotator {annotator.name} changed while its labels were made: annotate again")
        mels = [mel_TF for group in job.groups for mel_TF in read_row_group(group, self.front_end.n_mels)]
        path = self.cache / f"{self._key(annotator, job, mels)}.npy"
        cached = path.exists()
        if not cached:
            with atomic_write(path) as temporary, temporary.open("wb") as handle:
                np.save(handle, self._labels(annotator, job, mels))
        return Shard(path, cached)

    def _labels(self, annotator: Annotator, job: Job, mels: Mels) -> npt.NDArray[np.float32]:
        """p_WC of all clips, one after the other."""
        clips = (ClipFeatures(*clip) for clip in zip(mels, job.durations_ms, strict=True))
        batch_size = self.inference_batch_size
        return np.concatenate(
            list(score_clips(clips, job.windowing, self.front_end, annotator, inference_batch_size=batch_size))
        )

    def _key(self, annotator: Annotator, job: Job, mels: Mels) -> str:
        about = [
            annotator.weights_hash,
            annotator.front_end_hash,
            annotator.vocabulary.hash,
            job.windowing.length_ms,
            self.inference_batch_size,
        ]
        starts = [start_ms_W.tolist() for start_ms_W in job.starts()]
        return hash_json([*about, job.clip_ids, starts, [_hash(mel_TF) for mel_TF in mels]])


@lru_cache(maxsize=1)
def _opened(open_annotator: Callable[[], Annotator], weights_hash: str) -> Annotator:
    """Opened once in each process; other weights are another annotator."""
    return open_annotator()


def _hash(mel_TF: npt.NDArray[Any]) -> str:
    return hashlib.blake2b(mel_TF.tobytes(), digest_size=16).hexdigest()
