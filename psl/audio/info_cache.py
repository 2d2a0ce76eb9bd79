"""A cache of file information, keyed by a file's name, size and times: only new and changed files are read.

It changes no result, so it is not passed through every corpus: `with file_info_cache(FOLDER):` sets it for what runs
inside.
"""

import hashlib
import os
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from contextvars import ContextVar
from pathlib import Path

import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq

from psl.audio.file_info import FileInfo
from psl.audio.places.locators import parse_locator
from psl.io.files import atomic_write, remove_stale_parts
from psl.io.hashes import hash_json
from psl.runtime.code_hash import code_hash
from psl.runtime.progress import log

CACHED = pa.schema([("key", pa.binary()), ("audio_hash", pa.binary()), ("duration_s", pa.float64())])
ALL = "all.parquet"
NO_KEY = b""
FLUSH_FILES = 16_384  # a killed run loses the information of at most this many files, and of those in progress

_current: ContextVar["InfoCache | None"] = ContextVar("info_cache", default=None)
Mask = npt.NDArray[np.bool_]
RowNumbers = npt.NDArray[np.int64]


class InfoCache:
    """The cached file information in a folder, for one search through the audio of a corpus."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder / code_hash("psl.audio.read_info")[:16]
        self._key_P = np.zeros(0, "S32")
        self._unsaved: list[RowNumbers] = []

    def look_up(self, locators: Sequence[str], needs_duration_P: Mask, info: FileInfo) -> Mask:
        """Fill in what is cached of these files; returns for which of them that is all that is needed."""
        cached = self._read()
        self._key_P = np.fromiter((_key(locator) for locator in locators), "S32", len(locators))
        row_P = pc.index_in(pa.array(self._key_P, pa.binary()), cached["key"].combine_chunks()).fill_null(-1).to_numpy()
        known = np.flatnonzero((row_P >= 0) & (self._key_P != NO_KEY))
        hits = cached.take(row_P[known])
        info.hash_P[known] = hits["audio_hash"].to_numpy()
        info.duration_s_P[known] = hits["duration_s"].to_numpy()
        info.is_read_P[known] = ~needs_duration_P[known] | ~np.isnan(info.duration_s_P[known])
        return info.is_read_P.copy()

    def add(self, rows: RowNumbers, info: FileInfo) -> None:
        """Add new rows of `info`; they are written whenever there are FLUSH_FILES of them."""
        self._unsaved.append(rows)
        if sum(map(len, self._unsaved)) >= FLUSH_FILES:
            unsaved = np.concatenate(self._unsaved)
            self._write(f"{hash_json([int(unsaved[0]), len(unsaved), os.getpid()])}.parquet", info, unsaved)
            self._unsaved.clear()

    def replace(self, info: FileInfo) -> None:
        """Write all of `info` to one file, and drop everything else from the cache."""
        self._write(ALL, info, np.arange(len(self._key_P)))
        for path in self._files():
            if path.name != ALL:
                path.unlink(missing_ok=True)
        self._unsaved.clear()

    def _write(self, name: str, info: FileInfo, rows: RowNumbers) -> None:
        rows = rows[info.is_read_P[rows] & (self._key_P[rows] != NO_KEY)]
        columns = [
            pa.array(column[rows], field.type)
            for column, field in zip((self._key_P, info.hash_P, info.duration_s_P), CACHED, strict=True)
        ]
        with atomic_write(self.folder / name) as temporary:
            pq.write_table(pa.table(columns, schema=CACHED), temporary)

    def _files(self) -> list[Path]:
        return sorted(self.folder.glob("[!.]*.parquet"))

    def _read(self) -> pa.Table:
        """The rows of all files; of duplicate keys, the row with a duration comes first."""
        remove_stale_parts(self.folder, depth=0)
        tables = [CACHED.empty_table()]
        for path in self._files():
            try:
                tables.append(pq.read_table(path, schema=CACHED))
            except (pa.ArrowException, OSError):
                log(f"{path} is damaged: its audio files are read again")
                path.unlink(missing_ok=True)
        cached = pa.concat_tables(tables)
        return cached.take(np.argsort(np.isnan(cached["duration_s"].to_numpy()), kind="stable"))


@contextmanager
def file_info_cache(folder: Path) -> Iterator[None]:
    """Cache file information in `folder` while the block runs."""
    token = _current.set(InfoCache(folder))
    try:
        yield
    finally:
        _current.reset(token)


def current_cache() -> InfoCache | None:
    """The cache that is set here; None outside of `file_info_cache`."""
    return _current.get()


def _key(locator: str) -> bytes:
    """Changes with the file's name, size and times (ctime cannot be set back); NO_KEY when there is no such file."""
    part = parse_locator(locator)
    try:
        status = os.stat(part.file if part else locator)
    except OSError:
        return NO_KEY
    stamp = f"{locator}\0{status.st_size}\0{status.st_mtime_ns}\0{status.st_ctime_ns}"
    return hashlib.blake2b(stamp.encode(), digest_size=16).hexdigest().encode()
