"""Compute one shard of the feature cache: the features of some clips in one file, in whatever process."""

from dataclasses import dataclass
from pathlib import Path

import numpy as np
import pyarrow as pa

from psl.audio.decode import decode_clip
from psl.config import Channel, FrontEndParams
from psl.features.log_mel import front_end
from psl.io.features.writer import mel_bytes
from psl.io.hashes import hash_bytes, hash_json
from psl.io.keyed_shards import write_shard
from psl.runtime.errors import PslError
from psl.runtime.runners import shard_name

# `peak` is the largest absolute sample, full scale being 1; silence is decided by it when the final files are written.
# `cancelled_peak` is as in psl.audio.decode.Clip. `mel_hash` is that of the bytes of `mel_TF`, and names final files.
SHARD = pa.schema(
    [
        ("key", pa.string()),
        ("samples", pa.int32()),
        ("frames", pa.int32()),
        ("peak", pa.float32()),
        ("cancelled_peak", pa.float32()),
        ("mel_hash", pa.string()),
        ("mel_TF", pa.binary()),
    ]
)


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
    """The clips of one shard, and the folder and front end for it; `channel` is what is taken of several."""

    folder: Path
    front_end: FrontEndParams
    channel: Channel
    clips: tuple[ClipInput, ...]

    def __str__(self) -> str:
        return shard_name([clip.clip_id for clip in self.clips])


def clip_key(front_end_hash: str, audio_hash: str, start_s: float, end_s: float | None) -> str:
    """Hash of everything in which clips of one cache differ; a clip's id and its path do not count."""
    return hash_json([front_end_hash, audio_hash, start_s, end_s])


def compute_shard(job: ShardJob) -> list[FailedClip]:
    """Write the features of the readable clips to one file, named by a hash of their keys; returns the others."""
    rows, failures = [], []
    for clip in job.clips:
        try:
            rows.append(_row(clip, job))
        except PslError as error:
            failures.append(FailedClip(clip.clip_id, clip.path, str(error)))
        except Exception as error:  # whatever is wrong with one clip ends no stage
            reason = f"the features of the audio file {clip.path} cannot be computed: {type(error).__name__} {error}"
            failures.append(FailedClip(clip.clip_id, clip.path, " ".join(reason.split())))
    if rows:
        write_shard(job.folder, SHARD, dict(zip(SHARD.names, zip(*rows, strict=True), strict=True)))
    return failures


def _row(clip: ClipInput, job: ShardJob) -> tuple[str, int, int, float, float, str, bytes]:
    """The clip's columns of SHARD."""
    decoded = decode_clip(clip.path, clip.start_s, clip.end_s, job.front_end.sample_rate_hz, channel=job.channel)
    x_T = decoded.x_T
    mel_TF = front_end(job.front_end).log_mel(x_T)
    mel, peak = mel_bytes(mel_TF), float(np.abs(x_T).max())
    return clip.key, len(x_T), len(mel_TF), peak, decoded.cancelled_peak, hash_bytes(mel), mel
