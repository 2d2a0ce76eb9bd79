"""Clips whose file is another one since the metadata stage: under the hash of the old one, its features would stay in the cache."""

import os

import numpy as np
import pyarrow as pa

from psl.audio_places.locators import reading_order
from psl.audio_places.looks import look_again
from psl.features.shards import Failure, Shards


def changed_clips(table: pa.Table, shards: Shards) -> list[Failure]:
    """Those of the manifest `table`, which has a column `key`, that no shard holds and whose bytes are not the manifest's.

    Hashes that are remembered with the file's size and times are not computed again. Audio in the manifest's own folder (a relative
    path) was written with it and is not looked at; what cannot be read is left to whoever reads it.
    """
    columns = (table[name].to_pylist() for name in ("clip_id", "path", "audio_hash", "key"))
    asked = [row for row in zip(*columns, strict=True) if row[3] is not None and row[3] not in shards and os.path.isabs(row[1])]
    paths = sorted({path for _, path, *_ in asked}, key=reading_order)
    looks = look_again(paths)
    hash_of = {paths[place]: looks.hash_P[place].decode() for place in np.flatnonzero(looks.is_read_P).tolist()}
    return [Failure(clip_id, path, _told(path)) for clip_id, path, audio_hash, _ in asked if hash_of.get(path, audio_hash) != audio_hash]


def _told(path: str) -> str:
    return f"the audio file {path} changed since the stage metadata read it: run that stage again (`dvc repro -f metadata@CORPUS`)"
