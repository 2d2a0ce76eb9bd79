"""Compute one shard of the feature cache: the features of some clips in one file, in whatever process."""

from dataclasses import dataclass
from pathlib import Path

import numpy as np
import pyarrow as pa

from psl.audio.decode import read_clip
from psl.config import FrontEndParams
from psl.features.log_mel import front_end
from psl.io.files import atomic_write
from psl.io.hashes import hash_json
from psl.runtime.errors import PslError
from psl.runtime.runners import shard_name

# Arrow's own file format: mapped into memory, a clip's bytes are copied straight into the final file.
# `peak` is the largest absolute sample, full scale being 1; silence is decided by it when the final files are written.
SHARD = pa.schema([("key", pa.string()), ("samples", pa.int32()), ("peak", pa.float32()), ("mel_TF", pa.binary())])


@dataclass(frozen=True, slots=True)
class ClipInput:
    """A clip whose features are to be computed."""

    key: str  # see clip_key
    clip_id: str
    path: str  # or a locator
    start_s: float
    end_s: float | None


@dataclass(frozen=True, slots=True)
class FailedClip:
    """A clip that has no features, and why."""

    clip_id: str
    path: str | None
    reason: str


@dataclass(frozen=True, slots=True)
class ShardJob:
    """The clips of one shard, and the folder and front end for it."""

    folder: Path
    front_end: FrontEndParams
    clips: tuple[ClipInput, ...]

    def __str__(self) -> str:
        return shard_name([clip.clip_id for clip in self.clips])


def clip_key(front_end_hash: str, audio_hash: str, start_s: float, end_s: float | None) -> str:
    """Hash of everything that a clip's features depend on; its id and its path do not count."""
    return hash_json([front_end_hash, audio_hash, start_s, end_s])


def compute_shard(job: ShardJob) -> list[FailedClip]:
    """Write the features of the readable clips to one file, named by a hash of their keys; returns the others."""
    rows, failures = [], []
    for clip in job.clips:
        try:
            x_T = read_clip(clip.path, clip.start_s, clip.end_s, job.front_end.sample_rate_hz)
            mel_TF = front_end(job.front_end).log_mel(x_T).astype("<f2", copy=False)
            rows.append((clip.key, len(x_T), np.abs(x_T).max(), mel_TF.tobytes()))
        except (PslError, OSError) as error:
            failures.append(FailedClip(clip.clip_id, clip.path, str(error)))
    if rows:
        columns = [pa.array(column, field.type) for column, field in zip(zip(*rows, strict=True), SHARD, strict=True)]
        path = job.folder / f"{hash_json([row[0] for row in rows])}.arrow"
        with atomic_write(path) as temporary, pa.ipc.new_file(temporary, SHARD) as writer:
            writer.write_batch(pa.record_batch(columns, schema=SHARD))
    return failures


def read_shard(path: Path) -> pa.RecordBatch:
    """The rows of a shard, mapped into memory."""
    return pa.ipc.open_file(pa.memory_map(str(path))).get_batch(0)
