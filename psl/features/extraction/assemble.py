"""The final files of a corpus: named by what they hold, kept from run to run, and linked into the stage's out.

DVC removes an out before its stage runs. The files lie in a folder beside the cached shards, so that a run writes those
alone that have changed.
"""

import os
import shutil
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import NamedTuple

import pyarrow as pa
import pyarrow.compute as pc

from psl.features.extraction.cache import FeatureCache
from psl.features.extraction.partition import partition
from psl.io.features.index import write_index
from psl.io.features.writer import CLIPS_PER_ROW_GROUP, Row, schema_metadata, write_features
from psl.io.hashes import hash_json
from psl.io.schemas import FEATURE_INDEX

MTIME_NS = 0  # of all final files: another time tells that a file was changed in place, and it is written again
READ_ONLY = 0o444


class FinalFile(NamedTuple):
    """A file, and its clips in the order of their ids."""

    name: str
    subset: str
    clip_ids: list[str]
    keys: list[str]  # in the cache


def assemble(folder: Path, table: pa.Table, cache: FeatureCache, threads: int) -> list[str]:
    """Put the cached clips of `table` (clip_id, subset, key; sorted) into files in `folder`, with their index.

    Files that an earlier run wrote are linked. Returns the names of the others, which `threads` threads write.
    """
    files = sorted(_files(table, cache))
    cache.files.mkdir(parents=True, exist_ok=True)
    new = [file for file in files if not _is_intact(cache.files / file.name)]
    with ThreadPoolExecutor(threads) as pool:
        for _ in pool.map(lambda file: _write(file, cache), new):
            pass  # raises what a thread raised
    for file in files:
        _link(cache.files / file.name, folder / file.name)
    write_index(folder, cache.params, _index(files, cache), channel=cache.channel)
    return [file.name for file in new]


def remove_others(folder: Path, cache: FeatureCache) -> None:
    """Remove the files that were kept and are not in `folder`: a corpus keeps those of its last run alone."""
    for path in cache.files.parent.parent.glob(f"*/{cache.files.name}/*"):
        if path.parent != cache.files or not (folder / path.name).exists():
            path.unlink(missing_ok=True)


def _files(table: pa.Table, cache: FeatureCache) -> Iterator[FinalFile]:
    about = [schema_metadata(cache.params), pa.__version__]  # pyarrow writes its version into each file
    for subset in table["subset"].unique().to_pylist():
        rows = table.filter(pc.equal(table["subset"], subset))
        clip_ids, keys = rows["clip_id"].to_pylist(), rows["key"].to_pylist()
        for numbers in partition(clip_ids):
            file_ids, file_keys = [clip_ids[number] for number in numbers], [keys[number] for number in numbers]
            content = [(cache[key].samples, cache[key].mel_hash) for key in file_keys]
            name = f"{subset}-{hash_json([about, file_ids, content])}.parquet"
            yield FinalFile(name, subset, file_ids, file_keys)


def _write(file: FinalFile, cache: FeatureCache) -> None:
    path = cache.files / file.name
    write_features(path, cache.params, _rows(file, cache))
    path.chmod(READ_ONLY)
    os.utime(path, ns=(MTIME_NS, MTIME_NS))


def _rows(file: FinalFile, cache: FeatureCache) -> Iterator[Row]:
    for clip_id, key in zip(file.clip_ids, file.keys, strict=True):
        yield (clip_id, *cache.read(key))


def _is_intact(path: Path) -> bool:
    return path.exists() and path.stat().st_mtime_ns == MTIME_NS


def _link(path: Path, link: Path) -> None:
    """A hard link, or a copy where the file system refuses it."""
    try:
        os.link(path, link)
    except OSError:
        shutil.copy2(path, link)


def _index(files: list[FinalFile], cache: FeatureCache) -> pa.Table:
    rows = [
        (file.subset, file.name, row // CLIPS_PER_ROW_GROUP, clip_id, clip.samples, clip.frames, clip.mel_hash)
        for file in files
        for row, (clip_id, clip) in enumerate(zip(file.clip_ids, map(cache.__getitem__, file.keys), strict=True))
    ]
    columns = zip(*rows, strict=True)
    return pa.table(
        [pa.array(column, field.type) for column, field in zip(columns, FEATURE_INDEX, strict=True)],
        schema=FEATURE_INDEX,
    )
