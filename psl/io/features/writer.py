"""Write features as Parquet: one row per clip, log-mel as float16 bytes."""

import json
from collections.abc import Iterable
from itertools import islice
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pyarrow.parquet as pq

from psl import __version__
from psl.config import FrontEndParams
from psl.io.features.front_end import front_end_hash
from psl.io.files import atomic_write
from psl.io.hashes import hash_bytes
from psl.io.schemas import FEATURES

CLIPS_PER_ROW_GROUP = 16

Row = tuple[str, int, npt.NDArray[np.float16]]  # clip_id, samples, mel_TF


def write_features(path: Path, front_end: FrontEndParams, rows: Iterable[Row]) -> None:
    """Write one file of features, row group by row group. `rows` are sorted by clip_id. Same rows, same bytes."""
    schema = FEATURES.with_metadata(schema_metadata(front_end))
    rows = iter(rows)
    with atomic_write(path) as temporary, _parquet_writer(temporary, schema) as writer:
        while row_group := list(islice(rows, CLIPS_PER_ROW_GROUP)):
            writer.write_table(_table(row_group, schema))


def schema_metadata(front_end: FrontEndParams) -> dict[str, str]:
    """What files of features say of all their clips."""
    return {
        "front_end": json.dumps(front_end.model_dump(), sort_keys=True),
        "front_end_hash": front_end_hash(front_end),
        "psl_version": __version__,
    }


def mel_bytes(mel_TF: npt.NDArray[np.floating]) -> bytes:
    """A clip's features as they are stored: float16, little endian, row major."""
    return np.ascontiguousarray(mel_TF, "<f2").tobytes()


def _parquet_writer(path: Path, schema: pa.Schema) -> Any:
    return pq.ParquetWriter(path, schema, compression="none", use_dictionary=False, write_statistics=False)


def _table(rows: list[Row], schema: pa.Schema) -> pa.Table:
    """Rows as a table."""
    clip_ids, samples, mel_N = zip(*rows, strict=True)
    content_N = [mel_bytes(mel_TF) for mel_TF in mel_N]
    offsets = np.cumsum([0, *map(len, content_N)], dtype=np.int32)
    columns = [
        pa.array(clip_ids, pa.string()),
        pa.array(samples, pa.int32()),
        pa.array([len(mel_TF) for mel_TF in mel_N], pa.int32()),
        pa.array(map(hash_bytes, content_N), pa.string()),
        pa.Array.from_buffers(pa.binary(), len(rows), [None, pa.py_buffer(offsets), pa.py_buffer(b"".join(content_N))]),
    ]
    return pa.Table.from_arrays(columns, schema=schema)
