"""The label store: all soft labels, weak labels, classes and their provenance in one DuckDB file for queries.

Training does not read it; it reads the Parquet files of psl.io.labels.writer. The layout uses only what DuckDB
writes reproducibly to the byte (docs/label_store.md): storage v1.0.0, one thread, fixed chunks, ENUM and integer
columns, no primary keys; views give names and floats.
"""

import json
from pathlib import Path

import duckdb
import numpy as np
import numpy.typing as npt
import pyarrow as pa

from psl.io.files import atomic_write
from psl.io.labels.soft_labels import SoftLabels, ranges
from psl.io.schemas import Q_ONE
from psl.labels.store_tables import PERCENTS, TABLES, TAIL_ONE, VIEWS
from psl.runtime.errors import PslError

WINDOWS_PER_INSERT = 65_536


def build_store(path: Path, labels: dict[str, SoftLabels], weak: SoftLabels) -> None:
    """Write the soft labels of each window key, and the weak labels, to a store. Same labels, same bytes.

    Raises PslError for a vocabulary that differs from the weak labels', for labels whose minimum probability is above
    the lowest of PERCENTS, and when there is a write-ahead log beside `path`.
    """
    for key, soft in labels.items():
        weak.vocabulary.require_same(soft.vocabulary, "the weak labels", f"the labels of window {key}")
        if soft.min_probability * 100 > min(PERCENTS):
            raise PslError(
                f"the labels of window {key} have the minimum probability {soft.provenance['floor']}, so the number "
                f"above {min(PERCENTS)} % is not known: set annotate.min_probability to {min(PERCENTS) / 100} or less"
            )
    _refuse_stale_wal(path)
    with atomic_write(path) as temporary:
        try:
            _write(temporary, labels, weak)
        finally:
            _wal_path(temporary).unlink(missing_ok=True)


def open_store(path: Path) -> duckdb.DuckDBPyConnection:
    """A read-only connection to the store. Raises PslError when it is missing, being written, or not a store."""
    if not path.is_file():
        raise PslError(f"the label store {path} does not exist: run `dvc repro label_store`")
    _refuse_stale_wal(path)
    try:
        connection = duckdb.connect(str(path), read_only=True)
        connection.execute("SELECT record FROM provenance").fetchall()
    except duckdb.Error as error:
        raise PslError(
            f"{path} is not a label store ({str(error).splitlines()[0]}): write it again with `dvc repro -f "
            "label_store`"
        ) from error
    _disable_slow_optimizer(connection)
    return connection


def _disable_slow_optimizer(connection: duckdb.DuckDBPyConnection) -> None:
    """DuckDB 2.0's `partitioned_execution` makes counts over 10 M windows four times slower."""
    query = "SELECT count(*) FROM duckdb_optimizers() WHERE name = 'partitioned_execution'"
    if connection.execute(query).fetchall() == [(1,)]:
        connection.execute("SET disabled_optimizers = 'partitioned_execution'")


def _wal_path(path: Path) -> Path:
    return path.with_name(path.name + ".wal")


def _refuse_stale_wal(path: Path) -> None:
    if _wal_path(path).exists():
        raise PslError(
            f"{_wal_path(path)} shows that a program writes to {path} or was killed while it did: end it, delete both "
            "files, run again"
        )


def _write(path: Path, labels: dict[str, SoftLabels], weak: SoftLabels) -> None:
    path.unlink(missing_ok=True)
    clips = sorted({*weak.clip_ids}.union(*(soft.clip_ids for soft in labels.values())))
    with duckdb.connect(config={"threads": 1}) as connection:
        quoted = str(path).replace("'", "''")
        connection.execute(f"ATTACH '{quoted}' AS store (STORAGE_VERSION 'v1.0.0'); USE store")
        _create(connection, clips, list(labels), weak)
        numbers = {clip: number for number, clip in enumerate(clips)}
        first = 0
        for key, soft in labels.items():
            clip_N = np.fromiter((numbers[clip] for clip in soft.clip_ids), np.uint32, len(soft.clip_ids))
            _insert_windows(connection, key, soft, clip_N[soft.clip_W], first=first)
            _insert_labels(connection, soft, first)
            first += len(soft)
        clip_N = np.fromiter((numbers[clip] for clip in weak.clip_ids), np.uint32, len(weak.clip_ids))
        window_K, _ = ranges(weak.offsets[:-1], weak.offsets[1:])
        _insert(connection, "weak_labels", clip_N[weak.clip_W[window_K]], weak.class_K.astype(np.uint16))
        record = {key: soft.provenance for key, soft in {**labels, "weak": weak}.items()}
        connection.execute(
            "INSERT INTO provenance VALUES (?)", [json.dumps(record, sort_keys=True, ensure_ascii=False)]
        )
        connection.execute(f"{VIEWS} CHECKPOINT store; USE memory; DETACH store")


def _create(connection: duckdb.DuckDBPyConnection, clips: list[str], keys: list[str], weak: SoftLabels) -> None:
    """Create the types and the tables, and insert the clips and classes."""
    mids, names = weak.vocabulary.mids, weak.vocabulary.names
    enums = {"clip_name": clips, "class_mid": mids, "class_name": sorted(set(names)), "window_key": keys}
    for enum, values in enums.items():
        connection.register("new_values", pa.table({"value": pa.array(values, pa.string())}))
        connection.execute(f"CREATE TYPE {enum} AS ENUM (SELECT value FROM new_values)")
        connection.unregister("new_values")
    connection.execute(TABLES)
    _insert(connection, "clips", np.arange(len(clips), dtype=np.uint32), clips)
    _insert(connection, "classes", np.arange(len(mids), dtype=np.uint16), mids, names)


def _insert_windows(
    connection: duckdb.DuckDBPyConnection, key: str, soft: SoftLabels, clip_W: npt.NDArray[np.uint32], *, first: int
) -> None:
    """Insert the windows of one key, numbered from `first`, their label counts, and below_min_mean_C."""
    n_kept_W = np.diff(soft.offsets).astype(np.uint16)
    above = [_count_above(soft, percent * Q_ONE // 100) for percent in PERCENTS]
    window_W = np.arange(first, first + len(soft), dtype=np.uint32)
    columns = (window_W, [key] * len(soft), clip_W, soft.start_ms_W, soft.duration_ms_W, n_kept_W, *above)
    _insert(connection, "windows", *columns)
    mean_ppb_C = np.rint(soft.below_min_mean_C.astype(np.float64) * TAIL_ONE).astype(np.uint32)
    _insert(connection, "tails", [key] * len(mean_ppb_C), np.arange(len(mean_ppb_C), dtype=np.uint16), mean_ppb_C)


def _count_above(soft: SoftLabels, q: int) -> npt.NDArray[np.uint16]:
    """The number of labels above q in each window."""
    before = np.concatenate([[0], np.cumsum(soft.q_K > q)])
    return (before[soft.offsets[1:]] - before[soft.offsets[:-1]]).astype(np.uint16)


def _insert_labels(connection: duckdb.DuckDBPyConnection, soft: SoftLabels, first: int) -> None:
    """Insert the labels of one key, whose windows are numbered from `first`, in chunks of windows."""
    for begin in range(0, len(soft), WINDOWS_PER_INSERT):
        offsets = soft.offsets[begin : begin + WINDOWS_PER_INSERT + 1]
        window_W = np.arange(first + begin, first + begin + len(offsets) - 1, dtype=np.uint32)
        window_K = np.repeat(window_W, np.diff(offsets))
        kept = slice(offsets[0], offsets[-1])
        _insert(connection, "labels", window_K, soft.class_K[kept].astype(np.uint16), soft.q_K[kept])


def _insert(connection: duckdb.DuckDBPyConnection, table: str, *columns: object) -> None:
    """Append rows to a table, given as columns in the table's order."""
    names = [f"c{number}" for number in range(len(columns))]
    connection.register("new_rows", pa.table([pa.array(column) for column in columns], names=names))
    connection.execute(f"INSERT INTO {table} SELECT * FROM new_rows")
    connection.unregister("new_rows")
