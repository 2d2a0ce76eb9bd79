"""The label store for people: all windows' soft labels, weak labels, classes and their provenance in one DuckDB file.

Training never reads it; it reads the Parquet of psl.labels. The layout keeps to what DuckDB writes byte-identically
(docs/label_store.md): storage v1.0.0, one thread, fixed chunks, ENUM and integer columns, no primary keys; views give
names and floats.
"""

import json
from pathlib import Path

import duckdb
import numpy as np
import numpy.typing as npt
import pyarrow as pa

from psl.errors import PslError
from psl.files import write_whole
from psl.labels import SoftLabels, ranges
from psl.schemas import Q_ONE

PERCENTS = (10, 20, 30, 40, 50)  # windows.above_10 … above_50: how many labels are above that probability
WINDOWS_PER_INSERT = 65_536
TAIL_ONE = 1_000_000_000  # tails are far below 1 / Q_ONE

TABLES = f"""
CREATE TABLE clips (clip_id UINTEGER, clip clip_name);
CREATE TABLE classes (class_id USMALLINT, mid class_mid, name class_name);
CREATE TABLE windows (window_id UINTEGER, window_key window_key, clip_id UINTEGER, start_ms UINTEGER, duration_ms UINTEGER,
    n_kept USMALLINT, {", ".join(f"above_{percent} USMALLINT" for percent in PERCENTS)});
CREATE TABLE labels (window_id UINTEGER, class_id USMALLINT, q USMALLINT);
CREATE TABLE tails (window_key window_key, class_id USMALLINT, tail_ppb UINTEGER);
CREATE TABLE weak_labels (clip_id UINTEGER, class_id USMALLINT);
CREATE TABLE provenance (record VARCHAR);
"""

VIEWS = f"""
CREATE VIEW soft_labels AS
    SELECT clip::VARCHAR AS clip, window_key::VARCHAR AS window_key, start_ms / 1000 AS start_s, duration_ms / 1000 AS duration_s,
        mid::VARCHAR AS mid, name::VARCHAR AS name, q / {Q_ONE} AS p, window_id
    FROM labels JOIN windows USING (window_id) JOIN clips USING (clip_id) JOIN classes USING (class_id);
CREATE VIEW named_weak_labels AS
    SELECT clip::VARCHAR AS clip, mid::VARCHAR AS mid, name::VARCHAR AS name
    FROM weak_labels JOIN clips USING (clip_id) JOIN classes USING (class_id);
CREATE VIEW named_windows AS
    SELECT clip::VARCHAR AS clip, window_key::VARCHAR AS window_key, start_ms / 1000 AS start_s, duration_ms / 1000 AS duration_s,
        n_kept, {", ".join(f"above_{percent}" for percent in PERCENTS)}, window_id
    FROM windows JOIN clips USING (clip_id);
CREATE VIEW class_tails AS
    SELECT window_key::VARCHAR AS window_key, mid::VARCHAR AS mid, name::VARCHAR AS name, tail_ppb / {TAIL_ONE} AS tail
    FROM tails JOIN classes USING (class_id);
"""


def build_store(path: Path, labels: dict[str, SoftLabels], weak: SoftLabels) -> None:
    """Write the store of the soft labels of each window key, and of the weak labels. Same labels, same bytes.

    Raises PslError for a vocabulary that differs from the weak labels', and when a write-ahead log lies beside `path`.
    """
    for key, soft in labels.items():
        weak.vocabulary.require_same(soft.vocabulary, "the weak labels", f"the labels of window {key}")
        if soft.provenance["floor"] * 100 > min(PERCENTS):
            raise PslError(
                f"the labels of window {key} have the floor {soft.provenance['floor']}, so how many are above {min(PERCENTS)} % is "
                f"not known: set annotate.floor to {min(PERCENTS) / 100} or less"
            )
    _refuse_stale_log(path)
    with write_whole(path) as temporary:
        try:
            _write(temporary, labels, weak)
        finally:
            _log_of(temporary).unlink(missing_ok=True)


def open_store(path: Path) -> duckdb.DuckDBPyConnection:
    """A read-only connection to the store. Raises PslError when it is absent, being written, or not a store."""
    if not path.is_file():
        raise PslError(f"the label store {path} does not exist: run `dvc repro label_store`")
    _refuse_stale_log(path)
    try:
        connection = duckdb.connect(str(path), read_only=True)
        connection.execute("SELECT record FROM provenance").fetchall()
    except duckdb.Error as error:
        raise PslError(
            f"{path} is not a label store ({str(error).splitlines()[0]}): write it anew by `dvc repro -f label_store`"
        ) from error
    _spare_slow_optimizer(connection)
    return connection


def _spare_slow_optimizer(connection: duckdb.DuckDBPyConnection) -> None:
    """DuckDB 2.0's `partitioned_execution` makes the count over 10 M windows four times slower; earlier versions lack it."""
    if connection.execute("SELECT count(*) FROM duckdb_optimizers() WHERE name = 'partitioned_execution'").fetchall() == [(1,)]:
        connection.execute("SET disabled_optimizers = 'partitioned_execution'")


def _log_of(path: Path) -> Path:
    return path.with_name(path.name + ".wal")


def _refuse_stale_log(path: Path) -> None:
    if _log_of(path).exists():
        raise PslError(
            f"{_log_of(path)} shows that a program writes to {path} or was killed while it did: end it, delete both files, run again"
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
            _insert_windows(connection, key, soft, clip_N[soft.clip_W], first)
            _insert_labels(connection, soft, first)
            first += len(soft)
        clip_N = np.fromiter((numbers[clip] for clip in weak.clip_ids), np.uint32, len(weak.clip_ids))
        window_K, _ = ranges(weak.offsets[:-1], weak.offsets[1:])
        _insert(connection, "weak_labels", clip_N[weak.clip_W[window_K]], weak.class_K.astype(np.uint16))
        record = {key: soft.provenance for key, soft in {**labels, "weak": weak}.items()}
        connection.execute("INSERT INTO provenance VALUES (?)", [json.dumps(record, sort_keys=True, ensure_ascii=False)])
        connection.execute(f"{VIEWS} CHECKPOINT store; USE memory; DETACH store")


def _create(connection: duckdb.DuckDBPyConnection, clips: list[str], keys: list[str], weak: SoftLabels) -> None:
    """The types, the tables, and what does not depend on a window: clips and classes."""
    mids, names = weak.vocabulary.mids, weak.vocabulary.names
    for kind, values in [("clip_name", clips), ("class_mid", mids), ("class_name", sorted(set(names))), ("window_key", keys)]:
        given = pa.table({"value": pa.array(values, pa.string())})
        connection.register("given", given)
        connection.execute(f"CREATE TYPE {kind} AS ENUM (SELECT value FROM given)")
        connection.unregister("given")
    connection.execute(TABLES)
    _insert(connection, "clips", np.arange(len(clips), dtype=np.uint32), clips)
    _insert(connection, "classes", np.arange(len(mids), dtype=np.uint16), mids, names)


def _insert_windows(connection: duckdb.DuckDBPyConnection, key: str, soft: SoftLabels, clip_W: npt.NDArray[np.uint32], first: int) -> None:
    """The windows of one key, with their label counts, and its classes' tails."""
    kept_W = np.diff(soft.offsets).astype(np.uint16)
    above = [_count_above(soft, percent * Q_ONE // 100) for percent in PERCENTS]
    window_W = np.arange(first, first + len(soft), dtype=np.uint32)
    _insert(connection, "windows", window_W, [key] * len(soft), clip_W, soft.start_ms_W, soft.duration_ms_W, kept_W, *above)
    tail_C = np.rint(soft.tail_C.astype(np.float64) * TAIL_ONE).astype(np.uint32)
    _insert(connection, "tails", [key] * len(tail_C), np.arange(len(tail_C), dtype=np.uint16), tail_C)


def _count_above(soft: SoftLabels, q: int) -> npt.NDArray[np.uint16]:
    """How many labels of each window are above q."""
    before = np.concatenate([[0], np.cumsum(soft.q_K > q)])
    return (before[soft.offsets[1:]] - before[soft.offsets[:-1]]).astype(np.uint16)


def _insert_labels(connection: duckdb.DuckDBPyConnection, soft: SoftLabels, first: int) -> None:
    for begin in range(0, len(soft), WINDOWS_PER_INSERT):
        offsets = soft.offsets[begin : begin + WINDOWS_PER_INSERT + 1]
        window_K = np.repeat(np.arange(first + begin, first + begin + len(offsets) - 1, dtype=np.uint32), np.diff(offsets))
        kept = slice(offsets[0], offsets[-1])
        _insert(connection, "labels", window_K, soft.class_K[kept].astype(np.uint16), soft.q_K[kept])


def _insert(connection: duckdb.DuckDBPyConnection, table: str, *columns: object) -> None:
    """Append columns, in the table's order."""
    given = pa.table([pa.array(column) for column in columns], names=[f"c{number}" for number in range(len(columns))])
    connection.register("given", given)
    connection.execute(f"INSERT INTO {table} SELECT * FROM given")
    connection.unregister("given")
