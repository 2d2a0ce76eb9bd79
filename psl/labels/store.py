"""The label store: all soft labels, weak labels, classes and their provenance in one DuckDB file for queries.

Training does not read it; it reads the Parquet files of psl.io.labels.writer. The layout uses only what DuckDB
writes reproducibly to the byte (docs/label_store.md): storage v1.0.0, one thread, fixed chunks, ENUM and integer
columns, no primary keys; views give names and floats.
"""

import json
from collections.abc import Iterable, Mapping, Sequence
from contextlib import ExitStack
from pathlib import Path
from typing import Any

import duckdb
import pyarrow as pa

from psl.io.files import atomic_write
from psl.io.labels.reader import LabelFile
from psl.labels.store_rows import (
    all_clips,
    annotator_key,
    class_rows,
    clip_rows,
    label_rows,
    numbers,
    parts,
    tail_rows,
    weak_rows,
    window_rows,
)
from psl.labels.store_tables import PERCENTS, TABLES, VIEWS
from psl.runtime.errors import PslError

QUERY_THREADS = 8
COUNTED_BITS = 24
QUIET = "SET enable_progress_bar = false"


def build_store(
    path: Path, labels: Mapping[str, Path], weak: Path, calibrations: Mapping[str, Mapping[str, Any]] | None = None
) -> None:
    """Write the soft labels of each window key, and the weak labels, to a store. Same labels, same bytes.

    `labels` and `weak` are files that LabelWriter wrote, of one annotator or of several. `calibrations` holds what
    the calibration of some keys found, for the provenance alone: labels are stored as the annotator gave them. Memory
    holds one transaction, some parts of one file, and the clip ids.

    Raises PslError for a vocabulary that differs from the weak labels', for labels whose minimum probability is above
    the lowest of PERCENTS, and when there is a write-ahead log beside `path`.
    """
    with ExitStack() as stack:
        files = {key: stack.enter_context(LabelFile(source)) for key, source in labels.items()}
        weak_file = stack.enter_context(LabelFile(weak))
        _check(files, weak_file)
        _refuse_stale_wal(path)
        with atomic_write(path) as temporary:
            try:
                _write(temporary, files, weak_file, calibrations or {})
            finally:
                _wal_path(temporary).unlink(missing_ok=True)


def _check(files: Mapping[str, LabelFile], weak: LabelFile) -> None:
    for key, file in files.items():
        soft = file.empty
        weak.empty.vocabulary.require_same(soft.vocabulary, "the weak labels", f"the labels of window {key}")
        if soft.min_probability * 100 > min(PERCENTS):
            raise PslError(
                f"the labels of window {key} have the minimum probability {soft.provenance['floor']}, so the number "
                f"above {min(PERCENTS)} % is not known: set annotate.min_probability to {min(PERCENTS) / 100} or less"
            )


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
    _make_counts_fast(connection)
    return connection


def _make_counts_fast(connection: duckdb.DuckDBPyConnection) -> None:
    """Settings for counts over 10 M windows: without them, they take three to four times as long, each.

    DuckDB 2.0's `partitioned_execution` is off. Groups by window are an array of up to 2^COUNTED_BITS counts instead
    of a hash table; each thread has one (130 MB), so there are at most QUERY_THREADS.
    """
    query = "SELECT count(*) FROM duckdb_optimizers() WHERE name = 'partitioned_execution'"
    if connection.execute(query).fetchall() == [(1,)]:
        connection.execute("SET disabled_optimizers = 'partitioned_execution'")
    ((threads,),) = connection.execute("SELECT current_setting('threads')").fetchall()
    threads = min(threads, QUERY_THREADS)
    connection.execute(f"SET perfect_ht_threshold = {COUNTED_BITS}; SET threads = {threads}; {QUIET}")


def _wal_path(path: Path) -> Path:
    return path.with_name(path.name + ".wal")


def _refuse_stale_wal(path: Path) -> None:
    if _wal_path(path).exists():
        raise PslError(
            f"{_wal_path(path)} shows that a program writes to {path} or was killed while it did: end it, delete both "
            "files, run again"
        )


def _write(
    path: Path, files: Mapping[str, LabelFile], weak: LabelFile, calibrations: Mapping[str, Mapping[str, Any]]
) -> None:
    path.unlink(missing_ok=True)
    clips_of = {file: file.clip_ids() for file in (*files.values(), weak)}
    clips = all_clips([*clips_of.values()])
    number_N = {file: numbers(own, clips) for file, own in clips_of.items()}
    with duckdb.connect(config={"threads": 1}) as connection:
        quoted = str(path).replace("'", "''")
        connection.execute(f"ATTACH '{quoted}' AS store (STORAGE_VERSION 'v1.0.0'); USE store; {QUIET}")
        _create(connection, clips, files, weak)
        first = 0
        for key, file in files.items():
            for some in parts(file, number_N[file], first):
                _insert(connection, "labels", map(label_rows, some))
                _insert(connection, "windows", (window_rows(part, key) for part in some))
            _insert(connection, "tails", [tail_rows(file.empty, key)])
            first += len(file)
        for some in parts(weak, number_N[weak], 0):
            _insert(connection, "weak_labels", map(weak_rows, some))
        record = {key: dict(file.empty.provenance) for key, file in {**files, "weak": weak}.items()}
        for key, calibration in calibrations.items():
            record[key]["calibration"] = calibration
        connection.execute(
            "INSERT INTO provenance VALUES (?)", [json.dumps(record, sort_keys=True, ensure_ascii=False)]
        )
        connection.execute(f"{VIEWS} CHECKPOINT store; USE memory; DETACH store")


def _create(
    connection: duckdb.DuckDBPyConnection, clips: pa.StringArray, files: Mapping[str, LabelFile], weak: LabelFile
) -> None:
    """Create the types and the tables, and insert the clips and classes."""
    mids, names = weak.empty.vocabulary.mids, weak.empty.vocabulary.names
    annotators = sorted({annotator_key(file.empty) for file in files.values()})
    enums: dict[str, Sequence[str] | pa.StringArray] = {
        "clip_name": clips,
        "class_mid": mids,
        "class_name": sorted(set(names)),
        "window_key": list(files),
        "annotator_key": annotators,
    }
    for enum, values in enums.items():
        connection.register("new_values", pa.table({"value": pa.array(values, pa.string())}))
        connection.execute(f"CREATE TYPE {enum} AS ENUM (SELECT value FROM new_values)")
        connection.unregister("new_values")
    connection.execute(TABLES)
    _insert(connection, "clips", [clip_rows(clips)])
    _insert(connection, "classes", [class_rows(weak.empty.vocabulary)])


def _insert(connection: duckdb.DuckDBPyConnection, table: str, rows: Iterable[pa.Table]) -> None:
    """Append rows, in the order of the table's columns, in one transaction.

    One transaction is stored as one. It has rows of one table alone, because DuckDB stores several in any order.
    """
    connection.execute("BEGIN")
    for some in rows:
        connection.register("new_rows", some)
        connection.execute(f"INSERT INTO {table} SELECT * FROM new_rows")
        connection.unregister("new_rows")
    connection.execute("COMMIT")
