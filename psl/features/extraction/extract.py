"""The features of a corpus: compute what the cache lacks, decide the status of each clip, and write the final files."""

import os
from collections.abc import Collection, Iterator
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.compute as pc

from psl.config import FeaturesParams, FrontEndParams
from psl.features.extraction.assemble import assemble, remove_others
from psl.features.extraction.cache import FeatureCache
from psl.features.extraction.changed import changed_clips
from psl.features.extraction.compute import compute_shards
from psl.features.extraction.outcomes import outcomes, require_present
from psl.features.extraction.shards import ClipInput, FailedClip, clip_key
from psl.features.extraction.statuses import clip_statuses
from psl.io.features.clip_status import CLIPS_FILE, present_mask
from psl.io.files import atomic_folder
from psl.io.metadata.manifest import read_manifest
from psl.io.metadata.subsets import Subsets
from psl.io.parquet import write_parquet
from psl.io.schemas import Status
from psl.runtime.errors import PslError
from psl.runtime.runners import Runner

REASONS_SHOWN = 3


def extract(
    metadata: Path,
    features: Path,
    cache_folder: Path,
    front_end: FrontEndParams,
    *,
    params: FeaturesParams,
    runner: Runner,
) -> int:
    """Write the folder `features` for the manifest in the folder `metadata`; returns the number of computed clips.

    Computed clips are kept in `cache_folder` for later runs; the bytes written do not depend on what it held. The
    status of each clip is in clips.parquet. Raises PslError when more than `max_failed_share` of the clips with audio
    cannot be read, when less than `min_present_share` of a subset is present (before anything is computed, if the audio
    found is not enough), or when no clip is left.
    """
    cache = FeatureCache(cache_folder, front_end, params.channel)
    cache.refresh()
    table = _manifest_with_keys(metadata, cache.front_end_hash)
    subsets = Subsets.read(metadata)
    _require_audio(table, subsets, params.min_present_share)
    changed = changed_clips(table, cache)
    clips = _clip_inputs(metadata, table, {failure.clip_id for failure in changed})
    jobs = cache.missing_shards(clips, params.shard_clips, runner.workers)
    cached = cache.shard_names(_columns(table, "key", "clip_id"))
    failed = compute_shards(jobs, runner, cached, f"features of {metadata.name}")
    cache.refresh()
    statuses = clip_statuses(table, cache, _reasons(table, [*changed, *failed]), params)
    write_parquet(cache_folder / CLIPS_FILE, statuses)
    _require_enough(table, subsets, statuses, params, statuses_path=cache_folder / CLIPS_FILE)
    with atomic_folder(features) as folder:
        assemble(folder, table.filter(present_mask(statuses)), cache, runner.workers)
        write_parquet(folder / CLIPS_FILE, statuses)
    remove_others(features, cache)
    return sum(len(job.clips) for job in jobs) - len(failed)


def _manifest_with_keys(metadata: Path, front_end_hash: str) -> pa.Table:
    """The manifest, sorted by clip_id, with each clip's key in the cache; the key is null when there is no audio."""
    table = read_manifest(metadata)
    if not len(table):
        raise PslError(f"the manifest in {metadata} names no clip: run the metadata stage again")
    keys = [
        None if audio_hash is None or path is None else clip_key(front_end_hash, audio_hash, start_s, end_s)
        for audio_hash, path, start_s, end_s in _columns(table, "audio_hash", "path", "start_s", "end_s")
    ]
    return table.append_column("key", pa.array(keys, pa.string()))


def _columns(table: pa.Table, *names: str) -> Iterator[tuple[Any, ...]]:
    return zip(*(table[name].to_pylist() for name in names), strict=True)


def _clip_inputs(metadata: Path, table: pa.Table, skipped: Collection[str]) -> Iterator[ClipInput]:
    for key, clip_id, path, start_s, end_s in _columns(table, "key", "clip_id", "path", "start_s", "end_s"):
        if key is not None and clip_id not in skipped:
            yield ClipInput(key, clip_id, os.path.join(metadata, path), start_s, end_s)


def _reasons(table: pa.Table, failed: list[FailedClip]) -> dict[str, str]:
    """Why keys could not be read. Clips with the same audio are read once, and fail for the same reason."""
    reason_of = {failure.clip_id: failure.reason for failure in failed}
    return {key: reason_of[clip_id] for key, clip_id in _columns(table, "key", "clip_id") if clip_id in reason_of}


def _require_audio(table: pa.Table, subsets: Subsets, min_present_share: float) -> None:
    """Raise PslError, before anything is computed, when there is too little audio."""
    has_audio = pc.is_valid(table["key"])
    if not pc.any(has_audio).as_py():
        raise PslError(
            f"none of the {len(table)} clips has audio: check the audio folder of the corpus, and run the metadata "
            "stage again"
        )
    require_present(
        outcomes(table, subsets, pc.if_else(has_audio, Status.PRESENT, Status.MISSING), None), min_present_share
    )


def _require_enough(
    table: pa.Table, subsets: Subsets, statuses: pa.Table, params: FeaturesParams, *, statuses_path: Path
) -> None:
    """Raise PslError when too many clips are unreadable, or too few are present; `statuses_path` lists them all."""
    unreadable = statuses.filter(pc.equal(statuses["status"], Status.UNREADABLE))
    n_audio = len(statuses) - pc.sum(pc.equal(statuses["status"], Status.MISSING)).as_py()
    if len(unreadable) > params.max_failed_share * n_audio or len(unreadable) == n_audio:
        first = "; ".join(unreadable["reason"][:REASONS_SHOWN].to_pylist())
        raise PslError(
            f"{len(unreadable)} of {n_audio} clips could not be read, and features.max_failed_share is "
            f"{params.max_failed_share} (first: {first}): repair the files or raise the share; {statuses_path} lists "
            "them all"
        )
    if not pc.any(present_mask(statuses)).as_py():
        raise PslError(
            f"all {n_audio} clips with audio are too short, silent or unreadable: see {statuses_path}, and check "
            "features.min_seconds and features.silence_db"
        )
    require_present(outcomes(table, subsets, statuses["status"], None), params.min_present_share, statuses_path)
