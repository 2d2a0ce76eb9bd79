"""Tables of one schema that stages hand to each other as Parquet: written whole, and read or refused in one sentence."""

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
    try:
        table = pq.read_table(path)
    except (pa.ArrowInvalid, OSError) as error:
        raise PslError(f"the {what} {path} cannot be read ({str(error).splitlines()[0]}): run the stage {stage} again") from None
    if not table.schema.equals(schema):
        raise PslError(f"the {what} {path} has other columns ({', '.join(table.schema.names)}): run the stage {stage} again")
    return table
