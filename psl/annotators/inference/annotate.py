"""Soft labels for every window of a corpus: what the cache lacks is computed in shards, and read from it."""

from collections.abc import Callable, Iterable, Iterator
from functools import partial
from pathlib import Path

import numpy as np
import numpy.typing as npt

from psl.annotators.inference.annotator import Annotator
from psl.annotators.inference.clips import Clips
from psl.annotators.inference.clips.choose import require_input
from psl.annotators.inference.label_cache import LabelCache
from psl.annotators.inference.labels import Labels
from psl.annotators.inference.scorer import Windowing
from psl.annotators.inference.shards import ClipToLabel, Job, ShardWorker
from psl.io.features.store import FeatureStore
from psl.io.files import wait_for_lock
from psl.io.labels.soft_labels import SoftLabels
from psl.runtime.errors import PslError
from psl.runtime.progress import log, track
from psl.runtime.runners import Runner, shard_name

SHARD_CLIPS = 256  # what a killed run loses at most


def annotate(
    clips: Clips,
    windowing: Windowing,
    annotator: Annotator,
    *,
    inference_batch_size: int,
    cache: Path,
    runner: Runner,
    opener: Callable[[], Annotator] | None = None,
) -> Labels:
    """Label every window of every one of `clips`.

    The labels of each clip stay in the folder `cache`, named after everything but the code that they depend on, until
    the caller deletes it; only clips that are not there are computed. `opener`, which is small and equal wherever it
    gives the same annotator, is sent to other processes in its place. Raises PslError for an annotator of another
    input, and for a window longer than every clip.
    """
    require_input(annotator, clips)
    _check_length(clips, windowing)
    open_annotator = opener if opener and runner.other_processes else partial(_itself, annotator)
    worker = ShardWorker(clips.axis, open_annotator, annotator.weights_hash, inference_batch_size, cache)
    labels = LabelCache(cache, annotator, windowing, inference_batch_size)
    keys = list(map(labels.key, clips.duration_ms_N.tolist(), clips.hashes()))
    # Stages that label the same windows at the same time wait, and find the labels.
    with wait_for_lock(cache / f"{windowing.length_ms}-{windowing.hop_ms}-{windowing.last_window}.lock"):
        labels.refresh()
        jobs = list(_jobs(windowing, clips, keys, _new_clips(keys, labels), workers=runner.workers))
        new = _compute(runner, worker, jobs, _cached_shards(clips, keys, labels))
        labels.refresh()
    return Labels(clips, keys, labels, new)


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


def _itself(annotator: Annotator) -> Annotator:
    return annotator


def _new_clips(keys: list[str], labels: LabelCache) -> list[int]:
    """The numbers of the clips without cached labels; of those with the same content the first."""
    first_of = {key: number for number, key in reversed([*enumerate(keys)]) if key not in labels.shards}
    return sorted(first_of.values())


def _jobs(windowing: Windowing, clips: Clips, keys: list[str], new: list[int], *, workers: int) -> Iterator[Job]:
    """Jobs of at most SHARD_CLIPS clips, fewer when some workers would have none."""
    size = max(min(SHARD_CLIPS, -(-len(new) // workers)), 1)
    for part in (new[first : first + size] for first in range(0, len(new), size)):
        to_label = (ClipToLabel(keys[n], clips.clip_ids[n], int(clips.duration_ms_N[n])) for n in part)
        yield Job(windowing, clips.reader(part), tuple(to_label))


def _cached_shards(clips: Clips, keys: list[str], labels: LabelCache) -> Iterator[str]:
    """The names, for people, of the shards that hold labels of these clips already; evaluated on demand."""
    clip_ids_of: dict[Path, list[str]] = {}
    for clip_id, key in zip(clips.clip_ids, keys, strict=True):
        if key in labels.shards:
            clip_ids_of.setdefault(labels.shards.path(key), []).append(clip_id)
    yield from map(shard_name, clip_ids_of.values())


def _compute(runner: Runner, worker: ShardWorker, jobs: list[Job], cached: Iterable[str]) -> int:
    """Compute the jobs, with progress by the clip; returns the number of clips."""
    clips = sum(len(job.clips) for job in jobs)
    for job, path in track(runner(worker, jobs, cached), "annotate clips", clips, lambda done: len(done[0].clips)):
        if path is None:
            raise PslError(f"the process that labelled {job} was killed: see above why, or give shards.workers fewer")
    return clips


def _window_codes(clip_W: npt.NDArray[np.integer], start_ms_W: npt.NDArray[np.integer]) -> npt.NDArray[np.int64]:
    """One number for each window: clip and start, which is below 2^31 ms."""
    return (np.asarray(clip_W, np.int64) << 31) + start_ms_W


def _check_length(clips: Clips, windowing: Windowing) -> None:
    duration_ms_N = clips.duration_ms_N
    longest, short = int(duration_ms_N.max()), int((duration_ms_N < windowing.length_ms).sum())
    window = f"a window of {windowing.length_ms / 1000:g} s"
    if longest < windowing.length_ms:
        raise PslError(
            f"{window} is longer than every clip (the longest has {longest / 1000:g} s): choose a shorter one"
        )
    if short:
        log(f"{short} of {len(duration_ms_N)} clips are shorter than {window}: they are filled by repetition")
