"""Features as Parquet: one row a clip, log-mel as float16 bytes, row groups that are read one at a time."""

import json
from collections.abc import Collection, Iterable, Iterator, Sequence
from functools import lru_cache, partial
from itertools import islice
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq

from psl import __version__
from psl.errors import PslError
from psl.files import write_whole
from psl.front_end import front_end_hash
from psl.params import FrontEndParams
from psl.parquet_tables import damage_told
from psl.schemas import FEATURES

GROUP_CLIPS = 16
FILE_CLIPS = 4096
OPEN_FILES = 64

damage_of = partial(damage_told, what="features", stage="features")
Row = tuple[str, int, npt.NDArray[np.float16]]  # clip_id, samples, mel_TF


class RowGroup(NamedTuple):
    """Where some clips lie: a file, the number of a row group in it, and rows of that group."""

    path: Path
    number: int
    rows: tuple[int, ...]


__all__ = [
    "FILE_CLIPS",
    "GROUP_CLIPS",
    "FeatureStore",
    "Row",
    "RowGroup",
    "front_end_hash",
    "read_row_group",
    "write_features",
]


def write_features(path: Path, front_end: FrontEndParams, rows: Iterable[Row]) -> None:
    """Write one file of features, row group by row group. `rows` come sorted by clip_id. Same rows, same bytes."""
    schema = FEATURES.with_metadata(
        {
            "front_end": json.dumps(front_end.model_dump(), sort_keys=True),
            "front_end_hash": front_end_hash(front_end),
            "psl_version": __version__,
        }
    )
    rows = iter(rows)
    with write_whole(path) as temporary, _writer(temporary, schema) as writer:
        while group := list(islice(rows, GROUP_CLIPS)):
            writer.write_table(_table(group, schema))


class FeatureStore:
    """The features of some subsets of a corpus: clips are numbered in the order of the files, mels are read when asked for.

    `clip_ids`, `samples_N`, `frames_N`, `duration_ms_N` describe clip 0 … N - 1; `groups` are the clip numbers of each
    row group, `places` where it lies. One thread at a time may read. Clips `without` are passed over, as if they had no features;
    `n_left_out` counts them.
    """

    def __init__(self, folder: Path, subsets: Sequence[str], without: Collection[str] = ()) -> None:
        files = [path for subset in subsets for path in sorted(folder.glob(f"{subset}-*.parquet"))]
        if not files:
            raise PslError(f"there are no features of {', '.join(subsets)} in {folder}: run the features stage first")
        self.front_end, self.front_end_hash = _front_end(files)
        tables = [_clips(path) for path in files]
        table = pa.concat_tables(tables)
        kept_N = ~pc.is_in(table["clip_id"], pa.array(sorted(without), pa.string())).to_numpy()
        table, self.n_left_out = table.filter(pa.array(kept_N)), int((~kept_N).sum())
        self.clip_ids: list[str] = table["clip_id"].to_pylist()
        self.samples_N: npt.NDArray[np.int32] = table["samples"].to_numpy()
        self.frames_N: npt.NDArray[np.int32] = table["frames"].to_numpy()
        self.duration_ms_N = np.maximum(self.samples_N.astype(np.int64) * 1000 // self.front_end.sample_rate_hz, 1)
        self.places: list[RowGroup] = []
        self.groups: list[range] = []
        for path, rows in zip(files, np.split(kept_N, np.cumsum([len(part) for part in tables])[:-1]), strict=True):
            self._index(path, rows)
        self._open = lru_cache(maxsize=OPEN_FILES)(pq.ParquetFile)

    def __len__(self) -> int:
        return len(self.clip_ids)

    def read_group(self, group: int) -> list[npt.NDArray[np.float16]]:
        """mel_TF of the clips `self.groups[group]`, in that order; do not write into them."""
        return _mels(self._open(self.places[group].path), self.places[group], self.front_end.mels)

    def clips(self) -> Iterator[tuple[int, npt.NDArray[np.float16]]]:
        """Each clip's number and mel_TF, in the order of the numbers."""
        for group, numbers in enumerate(self.groups):
            yield from zip(numbers, self.read_group(group), strict=True)

    def _index(self, path: Path, kept_N: npt.NDArray[np.bool_]) -> None:
        metadata, begin = pq.read_metadata(path), 0
        for number in range(metadata.num_row_groups):
            end = begin + metadata.row_group(number).num_rows
            rows, first = np.flatnonzero(kept_N[begin:end]).tolist(), self.groups[-1].stop if self.groups else 0
            if rows:
                self.groups.append(range(first, first + len(rows)))
                self.places.append(RowGroup(path, number, tuple(rows)))
            begin = end


def read_row_group(place: RowGroup, mels: int) -> list[npt.NDArray[np.float16]]:
    """mel_TF of the clips of one row group, for those who have no FeatureStore; any thread may read."""
    with pq.ParquetFile(place.path) as file:
        return _mels(file, place, mels)


def _mels(file: pq.ParquetFile, place: RowGroup, mels: int) -> list[npt.NDArray[np.float16]]:
    with damage_of(place.path):
        column = file.read_row_group(place.number, columns=["mel_TF"], use_threads=False)["mel_TF"]
        buffers = (column[row].as_buffer() for row in place.rows)
        return [np.frombuffer(buffer, "<f2").reshape(-1, mels) for buffer in buffers]


def _clips(path: Path) -> pa.Table:
    with damage_of(path):
        return pq.read_table(path, columns=["clip_id", "samples", "frames"])


def _front_end(files: list[Path]) -> tuple[FrontEndParams, str]:
    """The front end that all files share, and its hash as it was when they were written."""
    found = {path: _schema_metadata(path) for path in files}
    first = found[files[0]]
    other = next((path for path, metadata in found.items() if metadata["front_end_hash"] != first["front_end_hash"]), None)
    if other:
        raise PslError(f"{files[0]} and {other} come from different front ends: run the features stage again")
    return FrontEndParams.model_validate_json(first["front_end"]), first["front_end_hash"]


def _schema_metadata(path: Path) -> dict[str, str]:
    with damage_of(path):
        schema = pq.read_schema(path)
        metadata = {key.decode(): value.decode() for key, value in (schema.metadata or {}).items()}
    if not schema.equals(FEATURES) or "front_end_hash" not in metadata:
        raise PslError(f"{path} does not hold features: run the features stage again")
    return metadata


def _writer(path: Path, schema: pa.Schema) -> Any:
    return pq.ParquetWriter(path, schema, compression="none", use_dictionary=False, write_statistics=False)


def _table(rows: list[Row], schema: pa.Schema) -> pa.Table:
    """Rows as a table; the mels' bytes are copied once."""
    clip_ids, samples, mels = zip(*rows, strict=True)
    bytes_ = [np.ascontiguousarray(mel_TF, "<f2").view(np.uint8).reshape(-1) for mel_TF in mels]
    offsets = np.cumsum([0, *map(len, bytes_)], dtype=np.int32)
    binary = pa.Array.from_buffers(pa.binary(), len(rows), [None, pa.py_buffer(offsets), pa.py_buffer(np.concatenate(bytes_))])
    frames = pa.array([len(mel_TF) for mel_TF in mels], pa.int32())
    return pa.Table.from_arrays([pa.array(clip_ids, pa.string()), pa.array(samples, pa.int32()), frames, binary], schema=schema)
