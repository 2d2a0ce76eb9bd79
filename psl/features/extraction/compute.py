"""Compute shards with a runner, and find the clip at fault when a process dies."""

from collections.abc import Iterable, Iterator
from dataclasses import replace

from psl.features.extraction.shards import FailedClip, ShardJob, compute_shard
from psl.runtime.errors import PslError
from psl.runtime.progress import track
from psl.runtime.runners import Runner


def compute_shards(jobs: list[ShardJob], runner: Runner, cached: Iterable[str], what: str) -> list[FailedClip]:
    """Compute the shards, with progress by clip; returns the failures. `cached` names shards that exist already.

    Raises PslError when every process dies.
    """
    n_clips = sum(len(job.clips) for job in jobs)
    return [failure for failure in track(_clip_outcomes(jobs, runner, cached), what, n_clips) if failure]


def _clip_outcomes(jobs: list[ShardJob], runner: Runner, cached: Iterable[str]) -> Iterator[FailedClip | None]:
    """For each clip, as shards are done, its failure or None; the clips of a process that died are tried one by one."""
    retries: list[ShardJob] = []
    for job, failures in runner(compute_shard, jobs, cached):
        if failures is None:
            retries += [replace(job, clips=(clip,)) for clip in job.clips]
        else:
            yield from failures
            yield from [None] * (len(job.clips) - len(failures))
    if len(jobs) > 1 and len(retries) == sum(len(job.clips) for job in jobs):
        raise PslError("every process that reads audio was killed: see above why, or give shards.workers fewer")
    for job, failures in runner(compute_shard, retries):
        clip = job.clips[0]
        killed = FailedClip(clip.clip_id, clip.path, f"reading the audio file {clip.path} killed the process")
        yield killed if failures is None else next(iter(failures), None)
