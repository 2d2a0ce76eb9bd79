"""The table clips.parquet beside a corpus's features: the status of each clip of the manifest."""

from pathlib import Path

import pyarrow as pa
import pyarrow.compute as pc

from psl.io.parquet import read_parquet
from psl.io.schemas import CLIP_STATUS, Status

CLIPS_FILE = "clips.parquet"


def read_clip_status(folder: Path) -> pa.Table:
    """The table CLIP_STATUS of the features in `folder`. Raises PslError when it is missing or damaged."""
    return read_parquet(folder / CLIPS_FILE, CLIP_STATUS, "table of clips", "features")


def present_mask(clip_status: pa.Table) -> pa.Array:
    """Which rows of a table CLIP_STATUS have features."""
    return pc.equal(clip_status["status"], Status.PRESENT)
