"""The rows of the label store's tables, as columns, a part of the windows at a time."""

from collections.abc import Iterator, Sequence
from typing import NamedTuple

import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pyarrow.compute as pc

from psl.io.labels.reader import LabelFile
from psl.io.labels.soft_labels import SoftLabels
from psl.io.schemas import Q_ONE
from psl.labels.store_tables import PERCENTS

WINDOWS_PER_INSERT = 65_536


class Part(NamedTuple):
    """Some windows of a file."""

    labels: SoftLabels
    clip_W: npt.NDArray[np.uint32]  # their clips' numbers in the store
    window_W: npt.NDArray[np.uint32]  # their own


def all_clips(clip_ids: Sequence[pa.StringArray]) -> pa.StringArray:
    """The distinct clips of some files, sorted."""
    clips = pa.concat_arrays(clip_ids).unique()
    return clips.take(pc.sort_indices(clips))


def parts(file: LabelFile, number_N: npt.NDArray[np.uint32], first: int) -> Iterator[Part]:
    """The windows of a file in parts; its clips have the numbers `number_N`, its windows are numbered from `first`."""
    clips, last_clip = 0, None
    for labels in file.parts(WINDOWS_PER_INSERT):
        clips -= labels.clip_ids[0] == last_clip
        window_W = np.arange(first, first + len(labels), dtype=np.uint32)
        yield Part(labels, number_N[clips + labels.clip_W], window_W)
        clips, last_clip, first = clips + len(labels.clip_ids), labels.clip_ids[-1], first + len(labels)


def window_columns(part: Part, key: str) -> list[object]:
    """The columns of `windows`."""
    labels = part.labels
    n_kept_W = np.diff(labels.offsets).astype(np.uint16)
    return [
        part.window_W,
        [key] * len(labels),
        part.clip_W,
        labels.start_ms_W,
        labels.duration_ms_W,
        n_kept_W,
        *_counts_above(labels, n_kept_W),
    ]


def label_columns(part: Part) -> list[object]:
    """The columns of `labels`."""
    labels = part.labels
    return [np.repeat(part.window_W, np.diff(labels.offsets)), labels.class_K.astype(np.uint16), labels.q_K]


def weak_columns(part: Part) -> list[object]:
    """The columns of `weak_labels`."""
    labels = part.labels
    return [np.repeat(part.clip_W, np.diff(labels.offsets)), labels.class_K.astype(np.uint16)]


def _counts_above(labels: SoftLabels, n_kept_W: npt.NDArray[np.uint16]) -> list[npt.NDArray[np.uint16]]:
    """The number of labels above each of PERCENTS in each window. Each threshold looks at what the one below left."""
    window_K, q_K, counts = np.repeat(np.arange(len(labels)), n_kept_W), labels.q_K, []
    for percent in PERCENTS:
        above = q_K > percent * Q_ONE // 100
        window_K, q_K = window_K[above], q_K[above]
        counts.append(np.bincount(window_K, minlength=len(labels)).astype(np.uint16))
    return counts
