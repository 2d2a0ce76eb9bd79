"""Parquet tables of a fixed schema, which stages hand to each other: written atomically, checked when read."""

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq

from psl.io.files import atomic_write
from psl.runtime.errors import PslError


def write_parquet(path: Path, table: pa.Table) -> None:
    """Write the table, completely or not at all. Same rows, same bytes."""
    with atomic_write(path) as temporary:
        pq.write_table(table, temporary)


def read_parquet(path: Path, schema: pa.Schema, what: str, stage: str) -> pa.Table:
    """The table at `path`. `what` describes it and `stage` writes it, for messages.

    Raises PslError when it is missing, damaged or of another schema.
    """
    if not path.is_file():
        raise PslError(f"there is no {what} at {path}: run the stage {stage} first")
    with refuse_damaged(path, what, stage):
        table = pq.read_table(path)
    if not table.schema.equals(schema):
        raise PslError(
            f"the {what} {path} has other columns ({', '.join(table.schema.names)}): run the stage {stage} again"
        )
    return table


@contextmanager
def refuse_damaged(path: Path, what: str, stage: str) -> Iterator[None]:
    """Turn pyarrow's errors for damaged structure (ArrowException) and damaged pages (OSError) into PslError."""
    try:
        yield
    except (pa.ArrowException, OSError, ValueError) as error:
        raise PslError(
            f"the {what} {path} cannot be read ({' '.join(str(error).split())}): run the stage {stage} again"
        ) from None
