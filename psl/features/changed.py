"""Clips whose file is another one since the metadata stage: under the hash of the old one, its features would stay in the cache."""

import os

import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pyarrow.compute as pc

from psl.audio_places.locators import reading_order
from psl.audio_places.looks import look_again
from psl.features.shards import Failure, Shards


def changed_clips(table: pa.Table, shards: Shards) -> list[Failure]:
    """Those of the manifest `table`, which has a column `key`, that no shard holds and whose bytes are not the manifest's.

    Hashes that are remembered with the file's size and times are not computed again. Audio in the manifest's own folder (a relative
    path) was written with it and is not looked at; what cannot be read is left to whoever reads it.
    """
    new = pa.array([key is not None and key not in shards for key in table["key"].to_pylist()], pa.bool_())
    is_elsewhere = pc.fill_null(pc.starts_with(table["path"], os.sep), False)
    rows = table.select(["clip_id", "path", "audio_hash"]).filter(pc.and_(new, is_elsewhere)).combine_chunks()
    paths = sorted(rows["path"].unique().to_pylist(), key=reading_order)
    if not paths:
        return []
    other = rows.filter(pa.array(_is_other(rows, paths)))
    return [Failure(*row, _told(row[1])) for row in zip(other["clip_id"].to_pylist(), other["path"].to_pylist(), strict=True)]


def _is_other(rows: pa.Table, paths: list[str]) -> npt.NDArray[np.bool_]:
    """Whether the file of each of the rows, which lies at one of the `paths`, can be read and has another hash; in columns, for millions."""
    looks = look_again(paths)
    place_N = pc.index_in(rows["path"], pa.array(paths, pa.string())).to_numpy()
    same = pc.equal(pa.array(looks.hash_P[place_N].astype(str), pa.string()), rows["audio_hash"].combine_chunks())
    is_other: npt.NDArray[np.bool_] = looks.is_read_P[place_N] & ~same.to_numpy(zero_copy_only=False)
    return is_other


def _told(path: str) -> str:
    return f"the audio file {path} changed since the stage metadata read it: run that stage again (`dvc repro -f metadata@CORPUS`)"
