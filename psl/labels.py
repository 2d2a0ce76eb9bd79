"""Soft labels of windows: sparse above a floor, the rest as the class's mean tail; Parquet on disk, CSR arrays in memory."""

import json
from contextlib import ExitStack
from dataclasses import dataclass
from pathlib import Path
from types import TracebackType
from typing import Any, Self

import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pyarrow.parquet as pq

from psl.errors import PslError
from psl.files import write_whole
from psl.schemas import LABELS, Q_ONE
from psl.vocabulary import Vocabulary

METADATA_KEY = b"psl"
WINDOWS_PER_ROW_GROUP = 8192

Ints = npt.NDArray[np.integer]


@dataclass(frozen=True)
class SoftLabels:
    """The labels of W windows of N clips; those of window w are class_K[offsets[w]:offsets[w + 1]], and q_K likewise."""

    vocabulary: Vocabulary  # C classes
    clip_ids: tuple[str, ...]  # N, distinct and sorted
    clip_W: npt.NDArray[np.int32]  # number of each window's clip, ascending
    start_ms_W: npt.NDArray[np.int32]  # ascending within a clip
    duration_ms_W: npt.NDArray[np.int32]
    offsets: npt.NDArray[np.int64]  # W + 1
    class_K: npt.NDArray[np.int16]  # kept classes, ascending within a window
    q_K: npt.NDArray[np.uint16]  # their probabilities x Q_ONE
    tail_C: npt.NDArray[np.float32]  # mean of each class's probabilities below the floor
    provenance: dict[str, Any]  # who made them: JSON values; `floor` and `vocabulary_hash` are always there

    def __len__(self) -> int:
        return len(self.clip_W)

    def dense(self, rows: Ints) -> npt.NDArray[np.float32]:
        """Probabilities p_BC of the windows numbered `rows`: what was kept, and elsewhere the class's tail."""
        p_BC = np.tile(self.tail_C, (len(rows), 1))
        row_K, kept_K = ranges(self.offsets[rows], self.offsets[np.add(rows, 1)])
        p_BC[row_K, self.class_K[kept_K]] = self.q_K[kept_K] / np.float32(Q_ONE)
        return p_BC


def ranges(begin_B: Ints, end_B: Ints) -> tuple[npt.NDArray[np.int64], npt.NDArray[np.int64]]:
    """The numbers from each begin up to its end, one range after the other, as (number of the range, number in it).

    >>> ranges(np.array([7, 3, 0]), np.array([9, 3, 1]))
    (array([0, 0, 2]), array([7, 8, 0]))
    """
    length_B = np.subtract(end_B, begin_B, dtype=np.int64)
    range_K = np.repeat(np.arange(len(length_B)), length_B)
    first_B = np.cumsum(length_B) - length_B
    return range_K, np.arange(len(range_K)) + np.repeat(begin_B - first_B, length_B)


class LabelWriter:
    """Writes soft labels clip by clip, in sorted order, as one Parquet file that is whole or not there.

    Probabilities of at least `floor` are kept, rounded to 1 / Q_ONE; a floor of 0 keeps every class. Same rows, same bytes.
    `provenance` says who made the labels: `kind` ("annotator" or "weak"), and for an annotator its `annotator` (name),
    `weights_hash`, `front_end_hash`, `window` ({seconds, hop}) and `parameters`.
    """

    def __init__(self, path: Path, vocabulary: Vocabulary, floor: float, provenance: dict[str, Any]) -> None:
        self._path, self._vocabulary, self._floor = path, vocabulary, floor
        self._provenance = {**provenance, "floor": floor, "vocabulary_hash": vocabulary.hash}
        self._below_sum_C, self._below_count_C = np.zeros(len(vocabulary)), np.zeros(len(vocabulary), np.int64)
        self._pending: list[tuple[str, Ints, int, Ints, Ints, Ints]] = []
        self._pending_windows, self._last_clip, self._stack = 0, "", ExitStack()

    def __enter__(self) -> Self:
        temporary = self._stack.enter_context(write_whole(self._path))
        self._parquet = self._stack.enter_context(pq.ParquetWriter(temporary, LABELS, compression="zstd"))
        self._stack.push(self._finish)
        return self

    def __exit__(self, kind: type[BaseException] | None, value: BaseException | None, trace: TracebackType | None) -> bool | None:
        return self._stack.__exit__(kind, value, trace)

    def add(self, clip_id: str, start_ms_W: Ints, duration_ms: int, p_WC: npt.NDArray[np.float32]) -> None:
        """Add one clip's windows: their starts, their common duration, their probabilities.

        Raises PslError, naming the clip, for a probability that is NaN or outside 0 to 1, and for clips out of order.
        """
        self._check(clip_id, start_ms_W, p_WC)
        kept_WC = p_WC >= self._floor
        self._below_sum_C += np.where(kept_WC, 0.0, p_WC).sum(axis=0, dtype=np.float64)
        self._below_count_C += (~kept_WC).sum(axis=0)
        q_K = np.rint(p_WC[kept_WC].astype(np.float64) * Q_ONE).astype(np.uint16)
        class_K = np.nonzero(kept_WC)[1].astype(np.int16)
        self._pending.append((clip_id, start_ms_W, duration_ms, kept_WC.sum(axis=1), class_K, q_K))
        self._pending_windows, self._last_clip = self._pending_windows + len(p_WC), clip_id
        if self._pending_windows >= WINDOWS_PER_ROW_GROUP:
            self._flush()

    def _check(self, clip_id: str, start_ms_W: Ints, p_WC: npt.NDArray[np.float32]) -> None:
        if clip_id <= self._last_clip:
            raise PslError(f"clip {clip_id} comes after {self._last_clip} in {self._path}: add each clip once, in sorted order")
        if p_WC.shape != (len(start_ms_W), len(self._vocabulary)) or not len(start_ms_W):
            raise PslError(
                f"clip {clip_id} has {len(start_ms_W)} windows of {len(self._vocabulary)} classes, but p has the shape {p_WC.shape}"
            )
        if (np.diff(start_ms_W) <= 0).any():
            raise PslError(f"the windows of clip {clip_id} are not in the order of their starts")
        if not (p_WC.min() >= 0 and p_WC.max() <= 1):
            raise PslError(
                f"the annotator gave clip {clip_id} a probability that is not a number from 0 to 1: check its weights and features"
            )

    def _flush(self) -> None:
        """Write what is pending as one row group."""
        clips, starts, durations, kept, classes, qs = zip(*self._pending, strict=True)
        windows = [len(start_ms_W) for start_ms_W in starts]
        offsets = pa.array(np.concatenate([[0], np.cumsum(np.concatenate(kept))]), pa.int32())
        columns = [
            pa.array(np.repeat(np.array(clips, object), windows), pa.string()),
            pa.array(np.concatenate(starts), pa.int32()),
            pa.array(np.repeat(durations, windows), pa.int32()),
            pa.ListArray.from_arrays(offsets, pa.array(np.concatenate(classes))),
            pa.ListArray.from_arrays(offsets, pa.array(np.concatenate(qs))),
        ]
        self._parquet.write_table(pa.Table.from_arrays(columns, schema=LABELS))
        self._pending, self._pending_windows = [], 0

    def _finish(self, kind: type[BaseException] | None, value: BaseException | None, trace: TracebackType | None) -> None:
        """Write the last row group and what is known only now: the tails."""
        if kind is not None:
            return
        if self._pending:
            self._flush()
        tail_C = (self._below_sum_C / np.maximum(self._below_count_C, 1)).astype(np.float32)
        about = {
            "mids": self._vocabulary.mids,
            "names": self._vocabulary.names,
            "provenance": self._provenance,
            "tail": [float(tail) for tail in tail_C],
        }
        self._parquet.add_key_value_metadata({METADATA_KEY: json.dumps(about, sort_keys=True, ensure_ascii=False)})


def read_labels(path: Path) -> SoftLabels:
    """Read what LabelWriter wrote. Raises PslError when the file is absent, or is not such a file."""
    if not path.is_file():
        raise PslError(f"the labels {path} do not exist: run the stage that writes them (`dvc repro`)")
    try:
        with pq.ParquetFile(path) as file:
            return _labels(file)
    except (pa.ArrowException, OSError, KeyError, TypeError, ValueError) as error:
        raise PslError(f"{path} is not a file of soft labels as psl writes them ({' '.join(str(error).split())}): write it anew") from error


def _labels(file: pq.ParquetFile) -> SoftLabels:
    if not file.schema_arrow.equals(LABELS):
        raise ValueError(f"its columns are {', '.join(file.schema_arrow.names)}")
    about = json.loads(file.metadata.metadata[METADATA_KEY])
    table = file.read()
    clip_ids, clip_W = _numbered(table["clip_id"])
    class_chunks, q_chunks = table["class_id"].chunks, table["q"].chunks
    kept_W = np.concatenate([np.diff(chunk.offsets) for chunk in class_chunks] or [np.empty(0, np.int32)])
    return SoftLabels(
        vocabulary=Vocabulary(tuple(about["mids"]), tuple(about["names"])),
        clip_ids=clip_ids,
        clip_W=clip_W,
        start_ms_W=table["start_ms"].to_numpy(),
        duration_ms_W=table["duration_ms"].to_numpy(),
        offsets=np.concatenate([[0], np.cumsum(kept_W, dtype=np.int64)]),
        class_K=np.concatenate([chunk.flatten().to_numpy() for chunk in class_chunks] or [np.empty(0, np.int16)]),
        q_K=np.concatenate([chunk.flatten().to_numpy() for chunk in q_chunks] or [np.empty(0, np.uint16)]),
        tail_C=np.array(about["tail"], np.float32),
        provenance=about["provenance"],
    )


def _numbered(clip_id_W: pa.ChunkedArray) -> tuple[tuple[str, ...], npt.NDArray[np.int32]]:
    """The distinct clips in their order, and each window's clip number."""
    encoded = clip_id_W.combine_chunks().dictionary_encode()
    return tuple(encoded.dictionary.to_pylist()), encoded.indices.to_numpy().astype(np.int32)
