"""The features of a corpus: what the cache lacks is computed by a runner, then the final files are put together."""

import os
from collections.abc import Collection, Iterable, Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.compute as pc

from psl.errors import PslError
from psl.features.changed import changed_clips
from psl.features.clip_table import CLIPS_FILE, present_rows
from psl.features.outcomes import outcomes, refuse_few
from psl.features.shards import Clip, Failure, Job, Shards, clip_key, make_shard
from psl.features.statuses import judge
from psl.features.store import FILE_CLIPS, Row, write_features
from psl.files import write_whole_folder
from psl.manifest import read_manifest
from psl.params import FeaturesParams, FrontEndParams
from psl.parquet_tables import write_parquet
from psl.progress import track
from psl.runners import Runner
from psl.schemas import Status

REASONS_SHOWN = 3


def extract(metadata: Path, features: Path, cache: Path, front_end: FrontEndParams, params: FeaturesParams, runner: Runner) -> int:
    """Write the folder `features` for the manifest in the folder `metadata`; returns how many clips were computed anew.

    Computed clips are kept in `cache`, which outlives the run; the bytes written do not depend on what it held.
    What became of each clip stands in clips.parquet. Raises PslError when more than `max_failed_share` of the clips that have
    audio could not be read, when less than `min_present_share` of a subset is there (known missing ones stop it at once), or
    when no clip is left.
    """
    shards = Shards(cache, front_end)
    shards.look()
    table = _asked(metadata, shards.front_end_hash)
    _refuse_missing(table, params.min_present_share)
    changed = changed_clips(table, shards)
    jobs = shards.jobs(_clips(metadata, table, {failure.clip_id for failure in changed}), params.shard_clips, runner.workers)
    failed = _compute(jobs, runner, shards.holding(_columns(table, "key", "clip_id")), f"features of {metadata.name}")
    shards.look()
    clips = judge(table, shards, _reasons(table, [*changed, *failed]), params)
    write_parquet(cache / CLIPS_FILE, clips)
    _refuse_bad(table, clips, params, cache / CLIPS_FILE)
    with write_whole_folder(features) as folder:
        _assemble(folder, table.filter(present_rows(clips)), shards, runner.workers)
        write_parquet(folder / CLIPS_FILE, clips)
    return sum(len(job.clips) for job in jobs) - len(failed)


def _asked(metadata: Path, front_end_hash: str) -> pa.Table:
    """The manifest, sorted by clip_id, with each clip's key in the cache; the key is null when there is no audio."""
    table = read_manifest(metadata)
    if not len(table):
        raise PslError(f"the manifest in {metadata} names no clip: run the metadata stage again")
    keys = [
        None if audio is None or path is None else clip_key(front_end_hash, audio, start_s, end_s)
        for audio, path, start_s, end_s in _columns(table, "audio_hash", "path", "start_s", "end_s")
    ]
    return table.append_column("key", pa.array(keys, pa.string()))


def _columns(table: pa.Table, *names: str) -> Iterator[tuple[Any, ...]]:
    return zip(*(table[name].to_pylist() for name in names), strict=True)


def _clips(metadata: Path, table: pa.Table, without: Collection[str]) -> Iterator[Clip]:
    for key, clip_id, path, start_s, end_s in _columns(table, "key", "clip_id", "path", "start_s", "end_s"):
        if key is not None and clip_id not in without:
            yield Clip(key, clip_id, os.path.join(metadata, path), start_s, end_s)


def _compute(jobs: list[Job], runner: Runner, there: Iterable[str], what: str) -> list[Failure]:
    """Make the shards, with progress by the clip; returns the failures."""
    clips = sum(len(job.clips) for job in jobs)
    return [failure for failure in track(_each_clip(jobs, runner, there), what, clips) if failure]


def _each_clip(jobs: list[Job], runner: Runner, there: Iterable[str]) -> Iterator[Failure | None]:
    """Once for each clip, as shards are done: its failure, or None.

    The clips of a process that died are tried one by one, so that the one at fault is found.
    """
    alone: list[Job] = []
    for job, failures in runner(make_shard, jobs, there):
        if failures is None:
            alone += [Job(job.folder, job.front_end, (clip,)) for clip in job.clips]
        else:
            yield from failures
            yield from [None] * (len(job.clips) - len(failures))
    if len(jobs) > 1 and len(alone) == sum(len(job.clips) for job in jobs):
        raise PslError("every process that reads audio was killed: see above why, or give shards.workers fewer")
    for job, failures in runner(make_shard, alone):
        clip = job.clips[0]
        died = Failure(clip.clip_id, clip.path, f"reading the audio file {clip.path} killed the process")
        yield died if failures is None else next(iter(failures), None)


def _reasons(table: pa.Table, failed: list[Failure]) -> dict[str, str]:
    """Why keys could not be read. Clips that are the same audio were tried once, and fail for the same reason."""
    reason_of = {failure.clip_id: failure.reason for failure in failed}
    return {key: reason_of[clip_id] for key, clip_id in _columns(table, "key", "clip_id") if clip_id in reason_of}


def _refuse_missing(table: pa.Table, min_present_share: float) -> None:
    """Stop before anything is computed when the audio that was found cannot be enough."""
    found = pc.is_valid(table["key"])
    if not pc.any(found).as_py():
        raise PslError(f"none of the {len(table)} clips has audio: see to the audio folder of the corpus, and run the metadata stage again")
    refuse_few(outcomes(table, pc.if_else(found, Status.PRESENT, Status.MISSING), None), min_present_share)


def _refuse_bad(table: pa.Table, clips: pa.Table, params: FeaturesParams, listed: Path) -> None:
    """Stop when too many clips cannot be read, or too few are left; `listed` holds them all."""
    unreadable = clips.filter(pc.equal(clips["status"], Status.UNREADABLE))
    found = len(clips) - pc.sum(pc.equal(clips["status"], Status.MISSING)).as_py()
    if len(unreadable) > params.max_failed_share * found or len(unreadable) == found:
        first = "; ".join(unreadable["reason"][:REASONS_SHOWN].to_pylist())
        raise PslError(
            f"{len(unreadable)} of {found} clips could not be read, and features.max_failed_share is {params.max_failed_share} "
            f"(first: {first}): mend the files or raise the share; {listed} lists them all"
        )
    if not pc.any(present_rows(clips)).as_py():
        raise PslError(
            f"all {found} clips with audio are too short, silent or unreadable: {listed} says which; see to features.min_seconds"
        )
    refuse_few(outcomes(table, clips["status"], None), params.min_present_share, listed)


def _assemble(folder: Path, table: pa.Table, shards: Shards, threads: int) -> None:
    """Copy the cached clips of `table`, subset by subset, in the order of their ids, into files of FILE_CLIPS; `threads` files at a time."""
    kept = table.select(["clip_id", "subset", "key"])
    parts = []
    for subset in sorted(set(kept["subset"].to_pylist())):
        rows = kept.filter(pc.equal(kept["subset"], subset))
        firsts = range(0, len(rows), FILE_CLIPS)
        parts += [(folder / f"{subset}-{number:05d}.parquet", rows.slice(first, FILE_CLIPS)) for number, first in enumerate(firsts)]
    with ThreadPoolExecutor(threads) as pool:
        for _ in pool.map(lambda part: write_features(part[0], shards.params, _rows(part[1], shards)), parts):
            pass  # raises what a thread raised


def _rows(table: pa.Table, shards: Shards) -> Iterator[Row]:
    for clip_id, key in _columns(table, "clip_id", "key"):
        yield (clip_id, *shards.read(key))
