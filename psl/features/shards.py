"""The cache of features: small files in a folder, named by what they hold, so that a killed or longer run computes nothing twice."""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from functools import lru_cache
from importlib.metadata import version
from pathlib import Path
from typing import NamedTuple

import numpy as np
import numpy.typing as npt
import pyarrow as pa

from psl.audio import read_clip
from psl.audio_places.locators import reading_order
from psl.errors import PslError
from psl.files import hash_code, hash_json, write_whole
from psl.front_end import front_end, front_end_hash
from psl.params import FrontEndParams
from psl.progress import say
from psl.runners import names_of

# Arrow's own file format: mapped into memory, a clip's bytes are copied straight into the final file.
# `peak` is the largest absolute sample, 1 being full scale; it is kept, and judged when the features are put together.
SHARD = pa.schema([("key", pa.string()), ("samples", pa.int32()), ("peak", pa.float32()), ("mel_TF", pa.binary())])
OPEN_SHARDS = 32
DECODERS = tuple(f"psl.audio_places.{name}" for name in ("ffmpeg", "hdf5", "mp3", "parquet", "tar"))
CODE, LIBRARIES = ("psl.audio", *DECODERS, "psl.front_end"), ("numpy", "soundfile", "soxr")  # what a clip's features come from


@dataclass(frozen=True, slots=True)
class Clip:
    """A clip to compute."""

    key: str
    clip_id: str
    path: str
    start_s: float
    end_s: float | None


@dataclass(frozen=True, slots=True)
class Failure:
    """A clip that has no features, and why."""

    clip_id: str
    path: str | None
    reason: str


@dataclass(frozen=True, slots=True)
class Job:
    """Clips that go into one shard."""

    folder: Path
    front_end: FrontEndParams
    clips: tuple[Clip, ...]

    def __str__(self) -> str:
        return names_of([clip.clip_id for clip in self.clips])


class _Kept(NamedTuple):
    """A clip in a shard."""

    path: Path
    row: int
    samples: int
    peak: float


def clip_key(front_end_hash: str, audio_hash: str, start_s: float, end_s: float | None) -> str:
    """What a clip's features depend on, and nothing else: its names and its place on the disk do not count."""
    return hash_json([front_end_hash, audio_hash, start_s, end_s])


def make_shard(job: Job) -> list[Failure]:
    """Compute the job's clips and keep those that could be read as one file; tell of the others."""
    rows, failures = [], []
    for clip in job.clips:
        try:
            x_T = read_clip(clip.path, clip.start_s, clip.end_s, job.front_end.sample_rate_hz)
            mel_TF = front_end(job.front_end).mel_of(x_T).astype("<f2", copy=False)
            rows.append((clip.key, len(x_T), np.abs(x_T).max(), mel_TF.tobytes()))
        except (PslError, OSError) as error:
            failures.append(Failure(clip.clip_id, clip.path, str(error)))
    if rows:
        columns = [pa.array(column, field.type) for column, field in zip(zip(*rows, strict=True), SHARD, strict=True)]
        path = job.folder / f"{hash_json([row[0] for row in rows])}.arrow"
        with write_whole(path) as temporary, pa.ipc.new_file(temporary, SHARD) as writer:
            writer.write_batch(pa.record_batch(columns, schema=SHARD))
    return failures


class Shards:
    """The shards of one front end, and of the code that computes it, under `folder`."""

    def __init__(self, folder: Path, params: FrontEndParams) -> None:
        self.params = params
        self.front_end_hash = front_end_hash(params)
        makers = [self.front_end_hash, hash_code(*CODE), [version(name) for name in LIBRARIES], SHARD.names]
        self.folder = folder / hash_json(makers)[:16]
        self._rows: dict[str, _Kept] = {}
        self._open = lru_cache(maxsize=OPEN_SHARDS)(_read_shard)
        self._known: set[Path] = set()

    def look(self) -> None:
        """Take note of the shards that are new, and clear away what a killed run left half-written or damaged."""
        self.folder.mkdir(parents=True, exist_ok=True)
        for path in self.folder.glob(".*.part"):
            path.unlink(missing_ok=True)
        for path in sorted(set(self.folder.glob("*.arrow")) - self._known):
            try:
                shard = _read_shard(path)
                columns = [shard[name].to_pylist() for name in ("key", "samples", "peak")]
            except (pa.ArrowInvalid, KeyError):
                say(f"{path} is damaged and is computed again")
                path.unlink()
                continue
            self._rows.update((key, _Kept(path, row, *measured)) for row, (key, *measured) in enumerate(zip(*columns, strict=True)))
            self._known.add(path)

    def __contains__(self, key: str | None) -> bool:
        return key in self._rows

    def measured(self, key: str) -> tuple[int, float]:
        """A clip's number of samples, and its peak."""
        return self._rows[key].samples, self._rows[key].peak

    def read(self, key: str) -> tuple[int, npt.NDArray[np.float16]]:
        """A clip's number of samples and its mel_TF, mapped from the disk."""
        kept = self._rows[key]
        mel = self._open(kept.path)["mel_TF"][kept.row]
        return kept.samples, np.frombuffer(mel.as_buffer(), "<f2").reshape(-1, self.params.mels)

    def holding(self, clips: Iterable[tuple[str | None, str]]) -> Iterator[str]:
        """What names the shards that hold some of these (key, clip_id); looked up when asked for."""
        held: dict[Path, list[str]] = {}
        for key, clip_id in clips:
            if key in self._rows:
                held.setdefault(self._rows[key][0], []).append(clip_id)
        yield from map(names_of, held.values())

    def jobs(self, clips: Iterable[Clip], shard_clips: int, workers: int) -> list[Job]:
        """The clips that no shard holds, each key once, as they lie in their containers, in groups of `shard_clips`; of fewer, when some
        workers had none."""
        missing = sorted({clip.key: clip for clip in clips if clip.key not in self}.values(), key=lambda clip: reading_order(clip.path))
        size = max(min(shard_clips, -(-len(missing) // workers)), 1)
        return [Job(self.folder, self.params, tuple(missing[first : first + size])) for first in range(0, len(missing), size)]


def _read_shard(path: Path) -> pa.RecordBatch:
    return pa.ipc.open_file(pa.memory_map(str(path))).get_batch(0)
