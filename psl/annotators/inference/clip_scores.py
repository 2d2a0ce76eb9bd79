"""Scores of whole clips: a tagger over a feature store, clips batched with clips of their own length only."""

from collections import defaultdict
from collections.abc import Callable, Iterator

import numpy as np
import numpy.typing as npt

from psl.io.features.store import FeatureStore
from psl.runtime.errors import PslError
from psl.runtime.progress import track

Tagger = Callable[[npt.NDArray[np.float32]], npt.NDArray[np.float32]]  # mel_BTF -> p_BC
NumberedClip = tuple[int, npt.NDArray[np.float16]]  # number in the store, mel_TF
WAITING_BATCHES = 16  # full batches' worth of clips that may wait in memory for others of their length


def clip_scores(tagger: Tagger, store: FeatureStore, inference_batch_size: int) -> npt.NDArray[np.float32]:
    """Score every clip whole, shape (N, C) in the store's order.

    Clips are never padded: a batch holds one length, so no batch mate changes a score. Features are streamed.
    """
    if not store.clip_ids:
        raise PslError("the feature store is empty, so no clip can be scored: run the stage features")
    score_NC: npt.NDArray[np.float32] | None = None
    for numbers, mel_BTF in batches(track(store.clips(), "scoring clips", len(store.clip_ids)), inference_batch_size):
        p_BC = tagger(mel_BTF)
        if score_NC is None:
            score_NC = np.full((len(store.clip_ids), p_BC.shape[1]), np.nan, np.float32)
        score_NC[numbers] = p_BC
    assert score_NC is not None  # the store has clips
    return score_NC


def batches(
    clips: Iterator[NumberedClip], inference_batch_size: int
) -> Iterator[tuple[list[int], npt.NDArray[np.float32]]]:
    """Batches of one length each; when too many clips wait, the largest group goes before it is full."""
    waiting: dict[int, list[NumberedClip]] = defaultdict(list)
    n_waiting = 0
    for clip in clips:
        group = waiting[len(clip[1])]
        group.append(clip)
        n_waiting += 1
        if n_waiting == WAITING_BATCHES * inference_batch_size:
            group = max(waiting.values(), key=len)
        if len(group) == inference_batch_size or n_waiting == WAITING_BATCHES * inference_batch_size:
            n_waiting -= len(group)
            yield _batch(waiting.pop(len(group[0][1])))
    yield from map(_batch, waiting.values())


def _batch(clips: list[NumberedClip]) -> tuple[list[int], npt.NDArray[np.float32]]:
    return [number for number, _ in clips], np.stack([mel_TF for _, mel_TF in clips]).astype(np.float32)
