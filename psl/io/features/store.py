"""Read features: clips are numbered over all files of some subsets, and read one Parquet row group at a time."""

from collections.abc import Collection, Iterator, Sequence
from functools import lru_cache, partial
from pathlib import Path
from typing import NamedTuple

import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq

from psl.config import FrontEndParams
from psl.io.parquet import refuse_damaged
from psl.io.schemas import FEATURES
from psl.runtime.errors import PslError

OPEN_FILES = 64

refuse_damaged_features = partial(refuse_damaged, what="features", stage="features")


class RowGroup(NamedTuple):
    """Clips that are read together: a file, the number of a row group in it, and rows of that group."""

    path: Path
    number: int
    rows: tuple[int, ...]


class FeatureStore:
    """The features of some subsets of a corpus; clips are numbered in the order of the files, and read on demand.

    `clip_ids`, `samples_N`, `frames_N`, `duration_ms_N` describe clips 0 … N - 1; `row_groups` are the files' row
    groups, and `groups` the clip numbers in each. Clips in `excluded` are skipped, as if they had no features;
    `n_excluded` counts them. Only one thread at a time may read. Raises PslError when there are no features, or they
    are damaged or of different front ends.
    """

    def __init__(self, folder: Path, subsets: Sequence[str], excluded: Collection[str] = ()) -> None:
        files = [path for subset in subsets for path in sorted(folder.glob(f"{subset}-*.parquet"))]
        if not files:
            raise PslError(f"there are no features of {', '.join(subsets)} in {folder}: run the features stage first")
        self.front_end, self.front_end_hash = _common_front_end(files)
        tables = [_read_clips(path) for path in files]
        table = pa.concat_tables(tables)
        kept_N = ~pc.is_in(table["clip_id"], pa.array(sorted(excluded), pa.string())).to_numpy()
        table, self.n_excluded = table.filter(pa.array(kept_N)), int((~kept_N).sum())
        self.clip_ids: list[str] = table["clip_id"].to_pylist()
        self.samples_N: npt.NDArray[np.int32] = table["samples"].to_numpy()
        self.frames_N: npt.NDArray[np.int32] = table["frames"].to_numpy()
        self.duration_ms_N = np.maximum(self.samples_N.astype(np.int64) * 1000 // self.front_end.sample_rate_hz, 1)
        self.row_groups: list[RowGroup] = []
        self.groups: list[range] = []
        file_ends = np.cumsum([len(part) for part in tables])[:-1]
        for path, kept_rows in zip(files, np.split(kept_N, file_ends), strict=True):
            self._index(path, kept_rows)
        self._open = lru_cache(maxsize=OPEN_FILES)(pq.ParquetFile)

    def __len__(self) -> int:
        return len(self.clip_ids)

    def read_group(self, group: int) -> list[npt.NDArray[np.float16]]:
        """mel_TF of the clips `self.groups[group]`, in that order; the arrays are read-only."""
        row_group = self.row_groups[group]
        return _read_mels(self._open(row_group.path), row_group, self.front_end.n_mels)

    def clips(self) -> Iterator[tuple[int, npt.NDArray[np.float16]]]:
        """Each clip's number and mel_TF, in the order of the numbers."""
        for group, numbers in enumerate(self.groups):
            yield from zip(numbers, self.read_group(group), strict=True)

    def _index(self, path: Path, kept_N: npt.NDArray[np.bool_]) -> None:
        """Number the kept clips of a file, row group by row group."""
        metadata, begin = pq.read_metadata(path), 0
        for number in range(metadata.num_row_groups):
            end = begin + metadata.row_group(number).num_rows
            rows, first = np.flatnonzero(kept_N[begin:end]).tolist(), self.groups[-1].stop if self.groups else 0
            if rows:
                self.groups.append(range(first, first + len(rows)))
                self.row_groups.append(RowGroup(path, number, tuple(rows)))
            begin = end


def read_row_group(row_group: RowGroup, n_mels: int) -> list[npt.NDArray[np.float16]]:
    """mel_TF of the clips of one row group, without a FeatureStore; any thread may read."""
    with pq.ParquetFile(row_group.path) as file:
        return _read_mels(file, row_group, n_mels)


def _read_mels(file: pq.ParquetFile, row_group: RowGroup, n_mels: int) -> list[npt.NDArray[np.float16]]:
    with refuse_damaged_features(row_group.path):
        column = file.read_row_group(row_group.number, columns=["mel_TF"], use_threads=False)["mel_TF"]
        buffers = (column[row].as_buffer() for row in row_group.rows)
        return [np.frombuffer(buffer, "<f2").reshape(-1, n_mels) for buffer in buffers]


def _read_clips(path: Path) -> pa.Table:
    """The columns that describe the clips of a file."""
    with refuse_damaged_features(path):
        return pq.read_table(path, columns=["clip_id", "samples", "frames"])


def _common_front_end(files: list[Path]) -> tuple[FrontEndParams, str]:
    """The front end that all files share, and its hash as it was when they were written."""
    metadata_of = {path: _schema_metadata(path) for path in files}
    first = metadata_of[files[0]]
    for path, metadata in metadata_of.items():
        if metadata["front_end_hash"] != first["front_end_hash"]:
            raise PslError(f"{files[0]} and {path} come from different front ends: run the features stage again")
    return FrontEndParams.model_validate_json(first["front_end"]), first["front_end_hash"]


def _schema_metadata(path: Path) -> dict[str, str]:
    with refuse_damaged_features(path):
        schema = pq.read_schema(path)
        metadata = {key.decode(): value.decode() for key, value in (schema.metadata or {}).items()}
    if not schema.equals(FEATURES) or "front_end_hash" not in metadata:
        raise PslError(f"{path} does not hold features: run the features stage again")
    return metadata
