"""Soft labels for every window of a corpus, shard by shard, so that a killed run goes on where it was."""

import heapq
from collections.abc import Callable, Iterator, Mapping, Sequence
from functools import partial
from pathlib import Path

import numpy as np
import numpy.typing as npt

from psl.annotation_shards import Job, Windowing, Work
from psl.annotators import Annotator
from psl.errors import PslError
from psl.features.store import FeatureStore
from psl.front_end import require_same_front_end
from psl.labels import LabelWriter, SoftLabels
from psl.progress import say, track
from psl.runners import Runner

SHARD_CLIPS = 256  # what a killed run loses at most
Clip = tuple[str, npt.NDArray[np.int64], npt.NDArray[np.float32]]  # clip_id, start_ms_W, p_WC


def annotate(
    store: FeatureStore,
    windowing: Windowing,
    annotator: Annotator,
    batch_windows: int,
    writer: LabelWriter,
    cache: Path,
    runner: Runner,
    reopen: Callable[[], Annotator] | None = None,
) -> None:
    """Label every window of every clip of `store` and hand them to `writer` in the order of the clip ids.

    Finished shards lie in `cache`, named after all that they depend on but the code, until the caller deletes it.
    `reopen`, which is small and equal wherever it gives the same annotator, is sent to other processes in its place.
    Raises PslError for an annotator of another front end, and for a window longer than every clip.
    """
    require_same_front_end(f"the annotator {annotator.name}", annotator.front_end_hash, store.front_end_hash)
    _check_length(store, windowing)
    opened = reopen if reopen and runner.elsewhere else partial(_itself, annotator)
    work = Work(store.front_end, opened, annotator.weights_hash, batch_windows, cache)
    runs = [_jobs(store, windowing, groups) for groups in _sorted_runs(store)]
    paths = _compute(runner, work, [job for run in runs for job in run], len(store.clip_ids))
    streams = [_labelled(run, paths) for run in runs]
    for clip_id, start_ms_W, p_WC in heapq.merge(*streams, key=lambda clip: clip[0]):
        writer.add(clip_id, start_ms_W, windowing.length_ms, p_WC)


def check_windows(labels: SoftLabels, store: FeatureStore, windowing: Windowing) -> None:
    """Raise PslError, with counts, unless `labels` hold each window of each clip of `store` exactly once."""
    number = {clip_id: clip for clip, clip_id in enumerate(labels.clip_ids)}
    extra = len(labels.clip_ids)  # clips without labels are numbered after those with labels
    clip_N = [number.get(clip_id, extra + i) for i, clip_id in enumerate(store.clip_ids)]
    starts = [windowing.starts(duration) for duration in store.duration_ms_N.tolist()]
    asked_W = _window_codes(np.repeat(clip_N, [len(start_ms_W) for start_ms_W in starts]), np.concatenate(starts))
    found_W = _window_codes(labels.clip_W, labels.start_ms_W)
    distinct_W = np.unique(found_W)
    missing, foreign = (len(np.setdiff1d(*pair, assume_unique=True)) for pair in ((asked_W, distinct_W), (distinct_W, asked_W)))
    again = len(found_W) - len(distinct_W)
    if missing or foreign or again:
        raise PslError(
            f"of {len(asked_W)} windows, {missing} have no labels; {again} labels come more than once and {foreign} belong to no window: "
            f"annotate again"
        )


def _compute(runner: Runner, work: Work, jobs: list[Job], clips: int) -> dict[Job, Path]:
    """The file of each job's labels, with progress by the clip."""
    paths: dict[Job, Path] = {}
    for job, shard in track(runner(work, jobs), "annotate clips", clips, lambda done: len(done[0].clip_ids)):
        if shard is None:
            raise PslError(f"the process that labelled {job} was killed: see above why, or give shards.workers fewer")
        paths[job] = shard.path
    return paths


def _labelled(jobs: Sequence[Job], paths: Mapping[Job, Path]) -> Iterator[Clip]:
    """The clips of these jobs with their labels."""
    for job in jobs:
        starts = job.starts()
        ends = np.cumsum([len(start_ms_W) for start_ms_W in starts])
        yield from zip(job.clip_ids, starts, np.split(np.load(paths[job]), ends[:-1]), strict=True)


def _itself(annotator: Annotator) -> Annotator:
    return annotator


def _jobs(store: FeatureStore, windowing: Windowing, groups: Sequence[int]) -> list[Job]:
    jobs = []
    for shard in _shards(store, groups):
        numbers = [number for group in shard for number in store.groups[group]]
        places, clip_ids = [store.places[group] for group in shard], [store.clip_ids[number] for number in numbers]
        jobs.append(Job(windowing, tuple(places), tuple(clip_ids), tuple(store.duration_ms_N[numbers].tolist())))
    return jobs


def _shards(store: FeatureStore, groups: Sequence[int]) -> Iterator[list[int]]:
    """Row groups together until they hold SHARD_CLIPS clips."""
    shard: list[int] = []
    for group in groups:
        shard.append(group)
        if sum(len(store.groups[member]) for member in shard) >= SHARD_CLIPS:
            yield shard
            shard = []
    if shard:
        yield shard


def _window_codes(clip_W: npt.NDArray[np.integer], start_ms_W: npt.NDArray[np.integer]) -> npt.NDArray[np.int64]:
    """One number for each window: clip and start, which is below 2^31 ms."""
    return (np.asarray(clip_W, np.int64) << 31) + start_ms_W


def _check_length(store: FeatureStore, windowing: Windowing) -> None:
    longest, short = int(store.duration_ms_N.max()), int((store.duration_ms_N < windowing.length_ms).sum())
    window = f"a window of {windowing.length_ms / 1000:g} s"
    if longest < windowing.length_ms:
        raise PslError(f"{window} is longer than every clip (the longest has {longest / 1000:g} s): choose a shorter one")
    if short:
        say(f"{short} of {len(store.clip_ids)} clips are shorter than {window}: they are filled by repetition")


def _sorted_runs(store: FeatureStore) -> list[list[int]]:
    """Row groups in runs whose clip ids ascend: one run a subset."""
    runs: list[list[int]] = []
    last = ""
    for group, numbers in enumerate(store.groups):
        if not runs or store.clip_ids[numbers[0]] <= last:
            runs.append([])
        runs[-1].append(group)
        last = store.clip_ids[numbers[-1]]
    return runs
