"""Soft labels in parts: of a record batch of their file, and many parts joined in order."""

from collections.abc import Iterable
from dataclasses import replace

import numpy as np
import pyarrow as pa

from psl.io.labels.soft_labels import SoftLabels


def labels_of(batch: pa.RecordBatch, empty: SoftLabels) -> SoftLabels:
    """The labels of a batch of rows of psl.io.schemas.LABELS; the rest is that of `empty`, labels of no window.

    Raises ValueError where a window has more classes than probabilities, or fewer.
    """
    clips, classes, qs = (batch[name] for name in ("clip_id", "class_id", "q"))
    encoded, offsets = clips.dictionary_encode(), np.asarray(classes.offsets)
    if not np.array_equal(np.diff(offsets), np.diff(qs.offsets)):
        raise ValueError("a window has not as many classes as probabilities")
    return replace(
        empty,
        clip_ids=tuple(encoded.dictionary.to_pylist()),
        clip_W=encoded.indices.to_numpy(),
        start_ms_W=batch["start_ms"].to_numpy(),
        duration_ms_W=batch["duration_ms"].to_numpy(),
        offsets=offsets.astype(np.int64) - offsets[0],
        class_K=classes.flatten().to_numpy(),
        q_K=qs.flatten().to_numpy(),
    )


def join(parts: Iterable[SoftLabels], empty: SoftLabels, *, max_windows: int, max_kept: int) -> SoftLabels:
    """The windows of all parts, of which the first clip of one may be the last of the one before.

    There are at most `max_windows` windows and `max_kept` kept labels: arrays of that length are filled and then cut,
    and what is not filled takes no memory. Raises ValueError when there are more.
    """
    clip_W, start_ms_W, duration_ms_W = (np.empty(max_windows, np.int32) for _ in range(3))
    offsets = np.zeros(max_windows + 1, np.int64)
    class_K, q_K = np.empty(max_kept, np.int16), np.empty(max_kept, np.uint16)
    clip_ids: list[str] = []
    w = k = 0
    for part in parts:
        next_w, next_k = w + len(part), k + len(part.q_K)
        goes_on = clip_ids[-1:] == [*part.clip_ids[:1]]
        clip_W[w:next_w] = part.clip_W + np.int32(len(clip_ids) - goes_on)
        start_ms_W[w:next_w], duration_ms_W[w:next_w] = part.start_ms_W, part.duration_ms_W
        offsets[w + 1 : next_w + 1] = part.offsets[1:] + k
        class_K[k:next_k], q_K[k:next_k] = part.class_K, part.q_K
        clip_ids += part.clip_ids[goes_on:]
        w, k = next_w, next_k
    for array in (clip_W, start_ms_W, duration_ms_W):
        array.resize(w, refcheck=False)
    offsets.resize(w + 1, refcheck=False)
    for kept in (class_K, q_K):
        kept.resize(k, refcheck=False)
    return replace(
        empty,
        clip_ids=tuple(clip_ids),
        clip_W=clip_W,
        start_ms_W=start_ms_W,
        duration_ms_W=duration_ms_W,
        offsets=offsets,
        class_K=class_K,
        q_K=q_K,
    )
