"""Which file of features holds which clip: one small table, so that a store opens without reading a thousand files."""

import json
from collections.abc import Sequence
from functools import partial
from pathlib import Path
from typing import NamedTuple

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq

from psl.config import Channel, FrontEndParams
from psl.io.features.writer import schema_metadata
from psl.io.parquet import refuse_damaged, write_parquet
from psl.io.schemas import FEATURE_INDEX, FEATURES
from psl.runtime.errors import PslError

INDEX_FILE = "index.parquet"
CHANNEL = "channel"  # in the metadata of an index whose features are not of the channels' mean

refuse_damaged_features = partial(refuse_damaged, what="features", stage="features")


class Indexed(NamedTuple):
    """The table FEATURE_INDEX of some clips, the front end of all of them with its hash, and which channel they are."""

    table: pa.Table
    front_end: FrontEndParams
    front_end_hash: str
    channel: Channel


def write_index(folder: Path, front_end: FrontEndParams, table: pa.Table, *, channel: Channel = "mean") -> None:
    """Write the table FEATURE_INDEX of the files in `folder`. Same rows, same bytes."""
    about = schema_metadata(front_end) | ({} if channel == "mean" else {CHANNEL: json.dumps(channel)})
    write_parquet(folder / INDEX_FILE, table.replace_schema_metadata(about))


def read_index(folder: Path, subsets: Sequence[str]) -> Indexed:
    """The clips of `subsets`, one subset after the other; read from the files themselves where there is no index.

    Raises PslError when there are none, or the files are damaged or of different front ends.
    """
    path = folder / INDEX_FILE
    indexed = _read_table(path) if path.is_file() else index_files(folder, subsets)
    subset = indexed.table["subset"]
    parts = [indexed.table.filter(pc.equal(subset, name)) for name in subsets]
    if not any(map(len, parts)):
        raise PslError(f"there are no features of {', '.join(subsets)} in {folder}: run the features stage first")
    return indexed._replace(table=pa.concat_tables(parts))


def index_files(folder: Path, subsets: Sequence[str]) -> Indexed:
    """The index of the files of `subsets`, read from each of them. Raises PslError as read_index does."""
    files = [(subset, path) for subset in subsets for path in sorted(folder.glob(f"{subset}-*.parquet"))]
    if not files:
        raise PslError(f"there are no features of {', '.join(subsets)} in {folder}: run the features stage first")
    parts = [_read_file(subset, path) for subset, path in files]
    for (_, path), part in zip(files, parts, strict=True):
        if part.front_end_hash != parts[0].front_end_hash:
            raise PslError(f"{files[0][1]} and {path} come from different front ends: run the features stage again")
    return parts[0]._replace(table=pa.concat_tables([part.table for part in parts]))


def _read_table(path: Path) -> Indexed:
    with refuse_damaged_features(path):
        table = pq.read_table(path)
    front_end = _front_end(path, table.schema, FEATURE_INDEX)
    return Indexed(table.replace_schema_metadata(), *front_end)


def _read_file(subset: str, path: Path) -> Indexed:
    """The index of one file of features."""
    with refuse_damaged_features(path), pq.ParquetFile(path) as file:
        front_end = _front_end(path, file.schema_arrow, FEATURES)
        clips = file.read(columns=["clip_id", "samples", "frames", "mel_hash"], use_threads=False)
        rows_of_group = [file.metadata.row_group(number).num_rows for number in range(file.metadata.num_row_groups)]
    group_N = pa.array(np.repeat(np.arange(len(rows_of_group), dtype=np.int32), rows_of_group))
    names = [pa.array([name] * len(clips), pa.string()) for name in (subset, path.name)]
    return Indexed(pa.Table.from_arrays([*names, group_N, *clips.columns], schema=FEATURE_INDEX), *front_end)


def _front_end(path: Path, schema: pa.Schema, expected: pa.Schema) -> tuple[FrontEndParams, str, Channel]:
    """The front end in the metadata of a schema, its hash as it was when the file was written, and the channel."""
    about = {key.decode(): value.decode() for key, value in (schema.metadata or {}).items()}
    if not schema.equals(expected) or "front_end_hash" not in about:
        raise PslError(f"{path} does not hold features: run the features stage again")
    front_end, channel = FrontEndParams.model_validate_json(about["front_end"]), about.get(CHANNEL, '"mean"')
    return front_end, about["front_end_hash"], json.loads(channel)
