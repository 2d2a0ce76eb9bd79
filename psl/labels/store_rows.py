"""The rows of the label store's tables, some windows at a time."""

from collections.abc import Iterator, Sequence
from itertools import islice
from os.path import join
from typing import NamedTuple

import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pyarrow.compute as pc

from psl.config import ANNOTATOR
from psl.io.labels.reader import LabelFile
from psl.io.labels.soft_labels import SoftLabels
from psl.io.metadata.vocabulary import Vocabulary
from psl.io.schemas import Q_ONE
from psl.io.windows import to_units
from psl.labels.store_corpus import CorpusClips
from psl.labels.store_tables import PERCENTS, TAIL_ONE

WINDOWS_PER_INSERT = 65_536
INSERTS_PER_TRANSACTION = 16


class Part(NamedTuple):
    """Some windows of a file."""

    labels: SoftLabels
    clip_W: npt.NDArray[np.uint32]  # their clips' numbers in the store
    window_W: npt.NDArray[np.uint32]  # their own


def all_clips(clip_ids: Sequence[pa.StringArray]) -> pa.StringArray:
    """The distinct clips of some files, sorted."""
    clips = pa.concat_arrays(clip_ids).unique()
    return clips.take(pc.sort_indices(clips))


def numbers(clips: pa.StringArray, of: pa.StringArray) -> npt.NDArray[np.uint32]:
    """The number of each of `clips` among all of a store."""
    return pc.index_in(clips, of).to_numpy().astype(np.uint32)


def parts(file: LabelFile, number_N: npt.NDArray[np.uint32], first: int) -> Iterator[list[Part]]:
    """The windows of a file, for a transaction at a time.

    Its clips have the numbers `number_N` in the store, its windows are numbered from `first`.
    """
    every = _parts(file, number_N, first)
    while some := list(islice(every, INSERTS_PER_TRANSACTION)):
        yield some


def _parts(file: LabelFile, number_N: npt.NDArray[np.uint32], first: int) -> Iterator[Part]:
    clips, last_clip = 0, None
    for labels in file.parts(WINDOWS_PER_INSERT):
        clips -= labels.clip_ids[0] == last_clip
        window_W = np.arange(first, first + len(labels), dtype=np.uint32)
        yield Part(labels, number_N[clips + labels.clip_W], window_W)
        clips, last_clip, first = clips + len(labels.clip_ids), labels.clip_ids[-1], first + len(labels)


def clip_rows(corpus: CorpusClips) -> pa.Table:
    """The rows of `clips`: at once, because each insert costs time by the number of names."""
    clips, folder = corpus.manifest, corpus.folder.as_posix()
    paths = [None if path is None else join(folder, path) for path in clips["path"].to_pylist()]
    sources = clips["source"].to_pylist()
    times = (_milliseconds(clips[name]) for name in ("start_s", "end_s"))
    numbers, ids, subsets = np.arange(len(clips), dtype=np.uint32), clips["clip_id"], clips["subset"]
    return table_of(numbers, ids, subsets, _codes(sources), _codes(paths), *times)


def _milliseconds(seconds: pa.ChunkedArray) -> pa.Array:
    return pa.array([None if each is None else to_units(each, 1000) for each in seconds.to_pylist()], pa.uint32())


def _codes(texts: Sequence[str | None]) -> pa.ListArray:
    """The code points of each text, for DuckDB does not write strings reproducibly to the byte; null stays null."""
    offsets = np.cumsum([0, *(len(text or "") for text in texts)])
    values = np.frombuffer("".join(text or "" for text in texts).encode("utf-32-le"), np.uint32)
    is_null = pa.array([text is None for text in texts], pa.bool_())
    return pa.ListArray.from_arrays(pa.array(offsets, pa.int32()), pa.array(values), mask=is_null)


def class_rows(vocabulary: Vocabulary) -> pa.Table:
    """The rows of `classes`."""
    return table_of(np.arange(len(vocabulary), dtype=np.uint16), vocabulary.mids, vocabulary.names)


def annotator_key(labels: SoftLabels) -> str:
    """The annotator of a file of labels: its key in params.yaml, or its name where none stands in the provenance."""
    return str(labels.provenance.get("annotator_key") or labels.provenance.get("annotator", ANNOTATOR))


def tail_rows(labels: SoftLabels, key: str) -> pa.Table:
    """The rows of `tails` of a window key."""
    mean_ppb_C = np.rint(labels.below_min_mean_C.astype(np.float64) * TAIL_ONE).astype(np.uint32)
    keys, annotators = ([name] * len(mean_ppb_C) for name in (key, annotator_key(labels)))
    return table_of(keys, np.arange(len(mean_ppb_C), dtype=np.uint16), mean_ppb_C, annotators)


def window_rows(part: Part, key: str) -> pa.Table:
    """The rows of `windows`."""
    labels = part.labels
    n_kept_W = np.diff(labels.offsets).astype(np.uint16)
    keys, annotators = ([name] * len(labels) for name in (key, annotator_key(labels)))
    times = labels.start_ms_W, labels.duration_ms_W
    counts = n_kept_W, *_counts_above(labels, n_kept_W)
    return table_of(part.window_W, keys, part.clip_W, *times, *counts, annotators)


def label_rows(part: Part) -> pa.Table:
    """The rows of `labels`."""
    labels = part.labels
    return table_of(np.repeat(part.window_W, np.diff(labels.offsets)), labels.class_K.astype(np.uint16), labels.q_K)


def set_row(key: str, file: LabelFile) -> pa.Table:
    """The row of `window_sets` of a window key; its windows all have the length of the first."""
    labels = next(file.parts(1), file.empty)
    hop = (labels.provenance.get("window") or {}).get("hop")
    hop_ms = pa.array([None if hop is None else to_units(hop, 1000)], pa.uint32())
    window_ms = pa.array(labels.duration_ms_W[:1] if len(labels) else [None], pa.uint32())
    return table_of([key], window_ms, hop_ms, [annotator_key(labels)], [len(file)])


def weak_rows(corpus: CorpusClips) -> Iterator[pa.Table]:
    """The rows of `weak_labels`, some clips at a time."""
    for begin in range(0, len(corpus.manifest), WINDOWS_PER_INSERT):
        number_N = np.arange(begin, min(begin + WINDOWS_PER_INSERT, len(corpus.manifest)), dtype=np.uint32)
        n_X, c_X = np.nonzero(corpus.weak_of(number_N)[0])
        yield table_of(number_N[n_X], c_X.astype(np.uint16))


def _counts_above(labels: SoftLabels, n_kept_W: npt.NDArray[np.uint16]) -> list[npt.NDArray[np.uint16]]:
    """The number of labels above each of PERCENTS in each window. Each threshold looks at what the one below left."""
    window_K, q_K, counts = np.repeat(np.arange(len(labels)), n_kept_W), labels.q_K, []
    for percent in PERCENTS:
        above = q_K > percent * Q_ONE // 100
        window_K, q_K = window_K[above], q_K[above]
        counts.append(np.bincount(window_K, minlength=len(labels)).astype(np.uint16))
    return counts


def table_of(*columns: object) -> pa.Table:
    """Rows to insert, of columns in the order of a table's."""
    arrays = [column if isinstance(column, pa.ChunkedArray) else pa.array(column) for column in columns]
    return pa.table(arrays, names=[f"c{number}" for number in range(len(columns))])
