"""Soft labels for every window of a corpus, shard by shard, so that a killed run resumes where it stopped."""

import heapq
from collections.abc import Callable, Iterator, Mapping, Sequence
from functools import partial
from pathlib import Path

import numpy as np
import numpy.typing as npt

from psl.annotators.inference.annotator import Annotator
from psl.annotators.inference.scorer import Windowing
from psl.annotators.inference.shards import Job, ShardWorker
from psl.io.features.front_end import require_same_front_end
from psl.io.features.store import FeatureStore
from psl.io.labels.soft_labels import SoftLabels
from psl.io.labels.writer import LabelWriter
from psl.runtime.errors import PslError
from psl.runtime.progress import log, track
from psl.runtime.runners import Runner

SHARD_CLIPS = 256  # what a killed run loses at most
LabelledClip = tuple[str, npt.NDArray[np.int64], npt.NDArray[np.float32]]  # clip_id, start_ms_W, p_WC


def annotate(
    store: FeatureStore,
    windowing: Windowing,
    annotator: Annotator,
    writer: LabelWriter,
    *,
    inference_batch_size: int,
    cache: Path,
    runner: Runner,
    opener: Callable[[], Annotator] | None = None,
) -> None:
    """Label every window of every clip of `store` and hand them to `writer` in the order of the clip ids.

    Finished shards stay in `cache`, named after everything but the code that they depend on, until the caller deletes
    it. `opener`, which is small and equal wherever it gives the same annotator, is sent to other processes in its
    place. Raises PslError for an annotator of another front end, and for a window longer than every clip.
    """
    require_same_front_end(f"the annotator {annotator.name}", annotator.front_end_hash, store.front_end_hash)
    _check_length(store, windowing)
    open_annotator = opener if opener and runner.other_processes else partial(_itself, annotator)
    worker = ShardWorker(store.front_end, open_annotator, annotator.weights_hash, inference_batch_size, cache)
    runs = [_jobs(store, windowing, groups) for groups in _sorted_runs(store)]
    paths = _compute(runner, worker, [job for run in runs for job in run], len(store.clip_ids))
    streams = [_labelled(run, paths) for run in runs]
    for clip_id, start_ms_W, p_WC in heapq.merge(*streams, key=lambda clip: clip[0]):
        writer.add(clip_id, start_ms_W, windowing.length_ms, p_WC)


def check_windows(labels: SoftLabels, store: FeatureStore, windowing: Windowing) -> None:
    """Raise PslError, with counts, unless `labels` hold each window of each clip of `store` exactly once."""
    number = {clip_id: clip for clip, clip_id in enumerate(labels.clip_ids)}
    extra = len(labels.clip_ids)  # clips without labels are numbered after those with labels
    clip_N = [number.get(clip_id, extra + i) for i, clip_id in enumerate(store.clip_ids)]
    starts = [windowing.starts(duration) for duration in store.duration_ms_N.tolist()]
    expected_W = _window_codes(np.repeat(clip_N, [len(start_ms_W) for start_ms_W in starts]), np.concatenate(starts))
    labelled_W = _window_codes(labels.clip_W, labels.start_ms_W)
    distinct_W = np.unique(labelled_W)
    missing, foreign = (
        len(np.setdiff1d(*pair, assume_unique=True)) for pair in ((expected_W, distinct_W), (distinct_W, expected_W))
    )
    again = len(labelled_W) - len(distinct_W)
    if missing or foreign or again:
        raise PslError(
            f"of {len(expected_W)} windows, {missing} have no labels; {again} labels come more than once and {foreign} "
            "belong to no window: annotate again"
        )


def _compute(runner: Runner, worker: ShardWorker, jobs: list[Job], clips: int) -> dict[Job, Path]:
    """The file of each job's labels, with progress by the clip."""
    paths: dict[Job, Path] = {}
    for job, shard in track(runner(worker, jobs), "annotate clips", clips, lambda done: len(done[0].clip_ids)):
        if shard is None:
            raise PslError(f"the process that labelled {job} was killed: see above why, or give shards.workers fewer")
        paths[job] = shard.path
    return paths


def _labelled(jobs: Sequence[Job], paths: Mapping[Job, Path]) -> Iterator[LabelledClip]:
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
        places, clip_ids = [store.row_groups[group] for group in shard], [store.clip_ids[number] for number in numbers]
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
        raise PslError(
            f"{window} is longer than every clip (the longest has {longest / 1000:g} s): choose a shorter one"
        )
    if short:
        log(f"{short} of {len(store.clip_ids)} clips are shorter than {window}: they are filled by repetition")


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
