"""Copy cached features into the final files of a corpus."""

from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pyarrow as pa
import pyarrow.compute as pc

from psl.features.extraction.cache import FeatureCache
from psl.io.features.writer import CLIPS_PER_FILE, Row, write_features


def assemble(folder: Path, table: pa.Table, cache: FeatureCache, threads: int) -> None:
    """Write the cached clips of `table` (clip_id, subset, key; sorted), subset by subset, to files of CLIPS_PER_FILE.

    `threads` files are written at a time.
    """
    files = []
    for subset in sorted(set(table["subset"].to_pylist())):
        rows = table.filter(pc.equal(table["subset"], subset))
        for number, first in enumerate(range(0, len(rows), CLIPS_PER_FILE)):
            files.append((folder / f"{subset}-{number:05d}.parquet", rows.slice(first, CLIPS_PER_FILE)))
    with ThreadPoolExecutor(threads) as pool:
        for _ in pool.map(lambda file: write_features(file[0], cache.params, _rows(file[1], cache)), files):
            pass  # raises what a thread raised


def _rows(table: pa.Table, cache: FeatureCache) -> Iterator[Row]:
    for clip_id, key in zip(table["clip_id"].to_pylist(), table["key"].to_pylist(), strict=True):
        yield (clip_id, *cache.read(key))
