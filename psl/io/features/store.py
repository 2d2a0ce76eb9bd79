"""Read features: clips are numbered over all files of some subsets, and read one Parquet row group at a time."""

from collections.abc import Collection, Iterator, Sequence
from functools import lru_cache
from itertools import pairwise
from pathlib import Path
from threading import Lock
from typing import NamedTuple

import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq

from psl.io.features.index import read_index, refuse_damaged_features

OPEN_FILES = 8
SMALL_BYTES = 4 << 20  # smaller files are read whole, which is faster than page by page


class RowGroup(NamedTuple):
    """Clips that are read together: a file, the number of a row group in it, and rows of that group."""

    path: Path
    number: int
    rows: tuple[int, ...]


class FeatureStore:
    """The features of some subsets of a corpus; clips are numbered in the order of the files, and read on demand.

    `clip_ids`, `mel_hashes`, `samples_N`, `frames_N`, `duration_ms_N` describe clips 0 … N - 1; `row_groups` are the
    files' row groups, and `groups` the clip numbers in each. Clips in `excluded` are skipped, as if they had no
    features; `n_excluded` counts them. Any thread may read, one at a time. Raises PslError when there are no features,
    or they are damaged or of different front ends.
    """

    def __init__(self, folder: Path, subsets: Sequence[str], excluded: Collection[str] = ()) -> None:
        table, self.front_end, self.front_end_hash, self.channel = read_index(folder, subsets)
        kept_N = ~pc.is_in(table["clip_id"], pa.array(sorted(excluded), pa.string())).to_numpy()
        self.n_excluded = int((~kept_N).sum())
        self.row_groups = _row_groups(folder, table, kept_N)
        ends = np.cumsum([0, *(len(group.rows) for group in self.row_groups)]).tolist()
        self.groups = [range(*pair) for pair in pairwise(ends)]
        table = table.filter(pa.array(kept_N))
        self.clip_ids: list[str] = table["clip_id"].to_pylist()
        self.mel_hashes: pa.ChunkedArray = table["mel_hash"]
        self.samples_N: npt.NDArray[np.int32] = table["samples"].to_numpy()
        self.frames_N: npt.NDArray[np.int32] = table["frames"].to_numpy()
        self.duration_ms_N = np.maximum(self.samples_N.astype(np.int64) * 1000 // self.front_end.sample_rate_hz, 1)
        self._open, self._reads = lru_cache(maxsize=OPEN_FILES)(_open), Lock()

    def __len__(self) -> int:
        return len(self.clip_ids)

    def read_group(self, group: int) -> list[npt.NDArray[np.float16]]:
        """mel_TF of the clips `self.groups[group]`, in that order; the arrays are read-only."""
        row_group = self.row_groups[group]
        with self._reads:
            return _read_mels(self._open(row_group.path), row_group, self.front_end.n_mels)

    def clips(self) -> Iterator[tuple[int, npt.NDArray[np.float16]]]:
        """Each clip's number and mel_TF, in the order of the numbers."""
        for group, numbers in enumerate(self.groups):
            yield from zip(numbers, self.read_group(group), strict=True)


def _row_groups(folder: Path, table: pa.Table, kept_N: npt.NDArray[np.bool_]) -> list[RowGroup]:
    """The row groups that hold a kept clip, with the rows of those, in the order of the table FEATURE_INDEX."""
    file_N = table["file"].combine_chunks().dictionary_encode()
    place_ND = np.stack([file_N.indices.to_numpy(), table["row_group"].to_numpy()], axis=1)
    first_G = np.flatnonzero(np.append(True, (np.diff(place_ND, axis=0) != 0).any(axis=1)))
    kept_G = zip(first_G.tolist(), np.split(kept_N, first_G[1:]), strict=True)
    paths = [folder / name for name in file_N.dictionary.to_pylist()]
    return [
        RowGroup(paths[place_ND[first, 0]], int(place_ND[first, 1]), tuple(np.flatnonzero(kept).tolist()))
        for first, kept in kept_G
        if kept.any()
    ]


def read_row_group(row_group: RowGroup, n_mels: int) -> list[npt.NDArray[np.float16]]:
    """mel_TF of the clips of one row group, without a FeatureStore; any thread may read."""
    with _open(row_group.path) as file:
        return _read_mels(file, row_group, n_mels)


def _open(path: Path) -> pq.ParquetFile:
    with refuse_damaged_features(path):
        is_small = path.stat().st_size <= SMALL_BYTES
        return pq.ParquetFile(pa.BufferReader(path.read_bytes()) if is_small else path)


def _read_mels(file: pq.ParquetFile, row_group: RowGroup, n_mels: int) -> list[npt.NDArray[np.float16]]:
    with refuse_damaged_features(row_group.path):
        column = file.read_row_group(row_group.number, columns=["mel_TF"], use_threads=False)["mel_TF"]
        buffers = (column[row].as_buffer() for row in row_group.rows)
        return [np.frombuffer(buffer, "<f2").reshape(-1, n_mels) for buffer in buffers]
