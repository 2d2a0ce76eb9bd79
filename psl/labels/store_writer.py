"""Writes a new store in DuckDB, its types, the rows of its tables and its views, so that same rows give same bytes.

The layout uses only what DuckDB writes reproducibly to the byte (docs/label_store.md): storage v1.0.0, one thread,
fixed chunks, ENUM and integer columns, no primary keys; views give names and floats.
"""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path

import duckdb
import pyarrow as pa

from psl.io.files import atomic_write
from psl.labels.store_file import QUIET, refuse_stale_wal, wal_path
from psl.labels.store_rows import table_of


class StoreWriter:
    """A store that is being written, see `writing`."""

    def __init__(self, connection: duckdb.DuckDBPyConnection) -> None:
        self._connection = connection

    def create(self, enums: Mapping[str, Sequence[str] | pa.ChunkedArray], tables: str) -> None:
        """Create the ENUM types of these values, then the tables, by their statements."""
        for enum, values in enums.items():
            self._connection.register("new_values", table_of(values).rename_columns(["value"]))
            self._connection.execute(f"CREATE TYPE {enum} AS ENUM (SELECT value FROM new_values)")
            self._connection.unregister("new_values")
        self._connection.execute(tables)

    def insert(self, table: str, rows: Iterable[pa.Table]) -> None:
        """Append rows, in the order of the table's columns, in one transaction.

        One transaction is stored as one. It has rows of one table alone, because DuckDB stores several in any order.
        """
        self._connection.execute("BEGIN")
        for some in rows:
            self._connection.register("new_rows", some)
            self._connection.execute(f"INSERT INTO {table} SELECT * FROM new_rows")
            self._connection.unregister("new_rows")
        self._connection.execute("COMMIT")


@contextmanager
def writing(path: Path, views: str) -> Iterator[StoreWriter]:
    """A new store at `path`: complete with its views, of these statements, when the block ends, or not written at all.

    Raises PslError when there is a write-ahead log beside `path`.
    """
    refuse_stale_wal(path)
    with atomic_write(path) as temporary:
        try:
            temporary.unlink(missing_ok=True)
            with duckdb.connect(config={"threads": 1}) as connection:
                quoted = str(temporary).replace("'", "''")
                connection.execute(f"ATTACH '{quoted}' AS store (STORAGE_VERSION 'v1.0.0'); USE store; {QUIET}")
                yield StoreWriter(connection)
                connection.execute(f"{views} CHECKPOINT store; USE memory; DETACH store")
        finally:
            wal_path(temporary).unlink(missing_ok=True)
