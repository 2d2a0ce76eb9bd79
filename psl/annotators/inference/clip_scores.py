"""Scores of clips: of whole clips, batched with clips of their own length only, or of their windows."""

from collections import defaultdict
from collections.abc import Callable, Iterator, Sequence
from typing import NamedTuple

import numpy as np
import numpy.typing as npt

from psl.annotators.inference.annotator import Annotator
from psl.annotators.inference.clips import Clips, Content
from psl.annotators.inference.scorer import Windowing, score_all
from psl.runtime.errors import PslError
from psl.runtime.progress import track

Tagger = Callable[[npt.NDArray[np.float32]], npt.NDArray[np.float32]]  # mel_BTF or x_BT -> p_BC
NumberedClip = tuple[int, Content]
Mean = Callable[[Sequence[npt.NDArray[np.float32]]], npt.NDArray[np.float32]]  # of what several annotators give
WAITING_BATCHES = 16  # full batches' worth of clips that may wait in memory for others of their length


class Highest(NamedTuple):
    """The highest score of each clip's windows in each class, and where the first window with it begins."""

    score_NC: npt.NDArray[np.float32]
    start_ms_NC: npt.NDArray[np.int32]  # within the clip


def clip_scores(tagger: Tagger, clips: Clips, inference_batch_size: int) -> npt.NDArray[np.float32]:
    """Score every clip whole, shape (N, C) in the order of `clips`.

    Clips are never padded: a batch holds one length, so no batch mate changes a score. Clips are streamed.
    """
    n_clips = len(clips.clip_ids)
    if not n_clips:
        raise PslError("there are no features, so no clip can be scored: run the stage features")
    score_NC: npt.NDArray[np.float32] | None = None
    for numbers, content_B in batches(track(clips.clips(), "scoring clips", n_clips), inference_batch_size):
        p_BC = tagger(content_B)
        if score_NC is None:
            score_NC = np.full((n_clips, p_BC.shape[1]), np.nan, np.float32)
        score_NC[numbers] = p_BC
    assert score_NC is not None  # there are clips
    return score_NC


def highest_of_windows(
    annotators: Sequence[tuple[Annotator, Clips]], mean: Mean, windowing: Windowing, inference_batch_size: int
) -> Highest:
    """The highest score of each clip's windows, shape (N, C) in the order of the clips.

    `annotators` label together, each the same clips in the form that it takes; `mean` is theirs. Clips are streamed.
    """
    streams = [score_all(clips, windowing, annotator, inference_batch_size) for annotator, clips in annotators]
    duration_ms_N = annotators[0][1].duration_ms_N
    scores, starts = [], []
    for number, each in enumerate(zip(*streams, strict=True)):
        p_WC = mean([p_WC for _, p_WC in each])
        scores.append(p_WC.max(axis=0))
        starts.append(windowing.starts(int(duration_ms_N[number]))[p_WC.argmax(axis=0)])
    return Highest(np.stack(scores), np.stack(starts).astype(np.int32))


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
    return [number for number, _ in clips], np.stack([content for _, content in clips]).astype(np.float32, copy=False)
