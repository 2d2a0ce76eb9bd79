"""The cache of features: shards whose clips are found by key, so that nothing is computed twice."""

from collections.abc import Iterable, Iterator
from importlib.metadata import version
from pathlib import Path
from typing import NamedTuple

import numpy as np
import numpy.typing as npt

from psl.audio.places.locators import reading_order
from psl.config import Channel, FrontEndParams
from psl.features.extraction.shards import SHARD, ClipInput, ShardJob
from psl.io.features.front_end import front_end_hash
from psl.io.hashes import hash_json
from psl.io.keyed_shards import KeyedShards
from psl.runtime.code_hash import code_hash
from psl.runtime.runners import shard_name

LIBRARIES = ("numpy", "soundfile", "soxr")  # a clip's features depend on these packages, besides the code


class CachedClip(NamedTuple):
    """What is known of a clip without reading its features."""

    samples: int
    frames: int
    peak: float
    cancelled_peak: float
    mel_hash: str


class FeatureCache:
    """The shards of one front end and channel, and of the code that computes them, in a subfolder of `folder`."""

    def __init__(self, folder: Path, params: FrontEndParams, channel: Channel = "mean") -> None:
        self.params, self.channel = params, channel
        self.front_end_hash = front_end_hash(params)
        code = code_hash("psl.features.extraction.shards")
        dependencies = [self.front_end_hash, channel, code, [version(name) for name in LIBRARIES], SHARD.names]
        self.folder = folder / hash_json(dependencies)[:16]
        self.files = self.folder / "files"  # see psl/features/extraction/assemble.py
        self._shards = KeyedShards(self.folder, SHARD)
        self._clips: dict[str, CachedClip] = {}

    def refresh(self) -> None:
        """Read what new shards hold, and remove damaged and incomplete ones."""
        for shard in self._shards.refresh():
            columns = [shard[name].to_pylist() for name in CachedClip._fields]
            clips = map(CachedClip._make, zip(*columns, strict=True))
            self._clips.update(zip(shard["key"].to_pylist(), clips, strict=True))

    def __contains__(self, key: str | None) -> bool:
        return key in self._clips

    def __getitem__(self, key: str) -> CachedClip:
        return self._clips[key]

    def read(self, key: str) -> tuple[int, npt.NDArray[np.float16]]:
        """A clip's number of samples and its mel_TF, mapped from the disk."""
        mel_TF = np.frombuffer(self._shards.buffer(key, "mel_TF"), "<f2").reshape(-1, self.params.n_mels)
        return self._clips[key].samples, mel_TF

    def shard_names(self, clips: Iterable[tuple[str | None, str]]) -> Iterator[str]:
        """The names, for people, of the shards that contain any of these (key, clip_id); evaluated on demand."""
        clip_ids_of: dict[Path, list[str]] = {}
        for key, clip_id in clips:
            if key is not None and key in self._clips:
                clip_ids_of.setdefault(self._shards.path(key), []).append(clip_id)
        yield from map(shard_name, clip_ids_of.values())

    def missing_shards(self, clips: Iterable[ClipInput], shard_clips: int, workers: int) -> list[ShardJob]:
        """The clips that are not cached, each key once and in storage order, in shards of at most `shard_clips` clips.

        Shards are smaller when some workers would have none.
        """
        new_clips = {clip.key: clip for clip in clips if clip.key not in self}.values()
        missing = sorted(new_clips, key=lambda clip: reading_order(clip.path))
        size = max(min(shard_clips, -(-len(missing) // workers)), 1)
        firsts = range(0, len(missing), size)
        parts = (tuple(missing[first : first + size]) for first in firsts)
        return [ShardJob(self.folder, self.params, self.channel, part) for part in parts]
