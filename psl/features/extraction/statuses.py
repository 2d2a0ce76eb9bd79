"""Decide whether each clip of a manifest is present, missing, unreadable, too short or silent, and why."""

import math
from collections.abc import Mapping

import pyarrow as pa

from psl.config import FeaturesParams
from psl.features.extraction.cache import FeatureCache
from psl.io.schemas import CLIP_STATUS, Status
from psl.io.windows import to_units

NOT_FOUND = "audio not found"

StatusAndReason = tuple[Status, str | None]


def clip_statuses(table: pa.Table, cache: FeatureCache, reasons: Mapping[str, str], params: FeaturesParams) -> pa.Table:
    """The table CLIP_STATUS for the manifest `table` (with a column `key`); `reasons` are those of unreadable keys.

    It is decided by what the cache has of each clip, so nothing is computed again when a limit changes.
    """
    pairs = [
        (Status.MISSING, NOT_FOUND)
        if key is None
        else _status(cache, key, params)
        if key in cache
        else (Status.UNREADABLE, reasons[key])
        for key in table["key"].to_pylist()
    ]
    columns = {name: table[name] for name in ("clip_id", "path")}
    columns |= {"status": [status for status, _ in pairs], "reason": [reason for _, reason in pairs]}
    return pa.table(columns, schema=CLIP_STATUS)


def _status(cache: FeatureCache, key: str, params: FeaturesParams) -> StatusAndReason:
    """The status of a clip that could be read."""
    samples, peak, rate_hz = cache[key].samples, cache[key].peak, cache.params.sample_rate_hz
    if samples < to_units(params.min_seconds, rate_hz):
        duration_s = samples / rate_hz
        return Status.TOO_SHORT, f"it lasts {duration_s:.3f} s, less than features.min_seconds {params.min_seconds}"
    if not _is_silent(cache[key].cancelled_peak, params):
        return Status.SILENT, (
            f"its channels cancel each other, the loudest has its peak at {_shown_db(cache[key].cancelled_peak)} dBFS: "
            "set features.channel to loudest"
        )
    if not peak:
        return Status.SILENT, "all its samples are zero"
    if _is_silent(peak, params):
        return Status.SILENT, f"its peak is at {_shown_db(peak)} dBFS, below features.silence_db {params.silence_db}"
    return Status.PRESENT, None


def _is_silent(peak: float, params: FeaturesParams) -> bool:
    return not peak or (params.silence_db is not None and _db(peak) < params.silence_db)


def _db(peak: float) -> float:
    return 20 * math.log10(peak)


def _shown_db(peak: float) -> float:
    return math.floor(_db(peak) * 10) / 10
