"""Opens the label store for queries, without anything that writes it: in a tenth of a second."""

from pathlib import Path

import duckdb

from psl.labels.store_file import QUIET, refuse_stale_wal
from psl.runtime.errors import PslError

SCORES = "scores.duckdb"  # the store of models' scores, beside the label store
SCORE_VIEWS = {  # of that store, with the columns of psl.labels.score_tables, whose import of pyarrow takes long
    "model_scores": "model clip_id mid name p highest_p start_s weak truth",
    "scored_clips": "clip_id subset source path file_start_s file_end_s",
}
QUERY_THREADS = 8
COUNTED_BITS = 24


def open_store(path: Path) -> duckdb.DuckDBPyConnection:
    """A read-only connection to the store. Raises PslError when it is missing, being written, or not a store."""
    if not path.is_file():
        raise PslError(f"the label store {path} does not exist: run `dvc repro label_store`")
    refuse_stale_wal(path)
    try:
        connection = duckdb.connect(str(path), read_only=True)
        connection.execute("SELECT record FROM provenance, window_sets LIMIT 0")
    except duckdb.Error as error:
        raise PslError(
            f"{path} is not a label store ({str(error).splitlines()[0]}): write it again with `dvc repro -f "
            "label_store`"
        ) from error
    _make_counts_fast(connection)
    _add_scores(connection, path.with_name(SCORES))
    return connection


def _add_scores(connection: duckdb.DuckDBPyConnection, path: Path) -> None:
    """Make the views of models' scores; without the file they are empty, as no model was evaluated yet.

    Raises PslError when it is no store of scores.
    """
    if not path.is_file():
        for name, columns in SCORE_VIEWS.items():
            nothing = ", ".join(f"NULL AS {column}" for column in columns.split())
            connection.execute(f"CREATE TEMP VIEW {name} AS SELECT {nothing} WHERE false")
        return
    refuse_stale_wal(path)
    quoted = str(path).replace("'", "''")
    try:
        connection.execute(f"ATTACH '{quoted}' AS score_store (READ_ONLY)")
        for name in SCORE_VIEWS:
            connection.execute(f"CREATE TEMP VIEW {name} AS FROM score_store.{name}")
    except duckdb.Error as error:
        raise PslError(
            f"{path} is not a store of scores ({str(error).splitlines()[0]}): write it again with `dvc repro -f "
            "score_store`"
        ) from error


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
