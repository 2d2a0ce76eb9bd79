"""Whether each clip of a manifest is present, missing, unreadable, too short or silent, and why."""

import math
from collections.abc import Mapping

import pyarrow as pa

from psl.features.shards import Shards
from psl.params import FeaturesParams
from psl.schemas import CLIPS, Status
from psl.windows import to_units

NOT_FOUND = "audio not found"

Judged = tuple[Status, str | None]  # and the reason


def judge(table: pa.Table, shards: Shards, reasons: Mapping[str, str], params: FeaturesParams) -> pa.Table:
    """CLIPS of the manifest `table`, which has a column `key`; `reasons` say of keys why they could not be read.

    It is judged by what the shards hold of each clip, so nothing is computed again when a limit changes.
    """
    keys = table["key"].to_pylist()
    judged = [
        (Status.MISSING, NOT_FOUND) if key is None else _heard(shards, key, params) if key in shards else (Status.UNREADABLE, reasons[key])
        for key in keys
    ]
    columns = {name: table[name] for name in ("clip_id", "path")}
    return pa.table(columns | {"status": [status for status, _ in judged], "reason": [why for _, why in judged]}, schema=CLIPS)


def _heard(shards: Shards, key: str, params: FeaturesParams) -> Judged:
    """Of a clip that could be read."""
    samples, peak = shards.measured(key)
    rate_hz = shards.params.sample_rate_hz
    if samples < to_units(params.min_seconds, rate_hz):
        return Status.TOO_SHORT, f"it lasts {samples / rate_hz:.3f} s, less than features.min_seconds {params.min_seconds}"
    if not peak:
        return Status.SILENT, "all its samples are zero"
    peak_db = 20 * math.log10(peak)
    if params.silence_db is not None and peak_db < params.silence_db:
        return Status.SILENT, f"its peak is at {math.floor(peak_db * 10) / 10} dBFS, below features.silence_db {params.silence_db}"
    return Status.PRESENT, None
