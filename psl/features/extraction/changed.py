"""Clips whose file has changed since the metadata stage: the new audio must not be cached under the old hash."""

import os

import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pyarrow.compute as pc

from psl.audio.places.locators import reading_order
from psl.audio.read_info import recheck_hashes
from psl.features.extraction.cache import FeatureCache
from psl.features.extraction.shards import FailedClip

REASON = (
    "the audio file {} changed since the stage metadata read it: run that stage again (`dvc repro -f metadata@CORPUS`)"
)


def changed_clips(table: pa.Table, cache: FeatureCache) -> list[FailedClip]:
    """The clips of the manifest `table` (with a column `key`) that are not cached and whose hash is not the manifest's.

    Hashes in the cache of file information are not computed again. Audio in the manifest's own folder (a relative path)
    was written together with it and is not checked; unreadable audio is left to the code that decodes it.
    """
    is_new = pa.array([key is not None and key not in cache for key in table["key"].to_pylist()], pa.bool_())
    is_outside = pc.fill_null(pc.starts_with(table["path"], os.sep), False)
    rows = table.select(["clip_id", "path", "audio_hash"]).filter(pc.and_(is_new, is_outside)).combine_chunks()
    paths = sorted(rows["path"].unique().to_pylist(), key=reading_order)
    if not paths:
        return []
    changed = rows.filter(pa.array(_has_changed(rows, paths)))
    pairs = zip(changed["clip_id"].to_pylist(), changed["path"].to_pylist(), strict=True)
    return [FailedClip(clip_id, path, REASON.format(path)) for clip_id, path in pairs]


def _has_changed(rows: pa.Table, paths: list[str]) -> npt.NDArray[np.bool_]:
    """For each row, whether its file can be read and has another hash; `paths` are the distinct files."""
    info = recheck_hashes(paths)
    file_N = pc.index_in(rows["path"], pa.array(paths, pa.string())).to_numpy()
    is_same = pc.equal(pa.array(info.hash_P[file_N].astype(str), pa.string()), rows["audio_hash"].combine_chunks())
    has_changed: npt.NDArray[np.bool_] = info.is_read_P[file_N] & ~is_same.to_numpy(zero_copy_only=False)
    return has_changed
