"""The table clips.parquet beside a corpus's features: what became of each clip of the manifest."""

from pathlib import Path

import pyarrow as pa
import pyarrow.compute as pc

from psl.parquet_tables import read_parquet
from psl.schemas import CLIPS, Status

CLIPS_FILE = "clips.parquet"


def read_clips(folder: Path) -> pa.Table:
    """The table CLIPS of the features in `folder`. Raises PslError when there is none, or it is damaged."""
    return read_parquet(folder / CLIPS_FILE, CLIPS, "table of clips", "features")


def present_rows(clips: pa.Table) -> pa.Array:
    """Which rows of a table CLIPS have features, as a mask."""
    return pc.equal(clips["status"], Status.PRESENT)
