"""Tables of one schema that stages hand to each other as Parquet: written whole, and read or refused in one sentence."""

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq

from psl.errors import PslError
from psl.files import write_whole


def write_parquet(path: Path, table: pa.Table) -> None:
    """Write the table whole or not at all. Same rows, same bytes."""
    with write_whole(path) as temporary:
        pq.write_table(table, temporary)


def read_parquet(path: Path, schema: pa.Schema, what: str, stage: str) -> pa.Table:
    """The table at `path`, which holds `what` and is written by `stage`. Raises PslError when it is absent, damaged or of another schema."""
    if not path.is_file():
        raise PslError(f"there is no {what} at {path}: run the stage {stage} first")
    with damage_told(path, what, stage):
        table = pq.read_table(path)
    if not table.schema.equals(schema):
        raise PslError(f"the {what} {path} has other columns ({', '.join(table.schema.names)}): run the stage {stage} again")
    return table


@contextmanager
def damage_told(path: Path, what: str, stage: str) -> Iterator[None]:
    """Raise PslError for what pyarrow says of a damaged file: an ArrowException of its form, an OSError of its pages."""
    try:
        yield
    except (pa.ArrowException, OSError, ValueError) as error:
        raise PslError(f"the {what} {path} cannot be read ({' '.join(str(error).split())}): run the stage {stage} again") from None
