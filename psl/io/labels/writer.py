"""Write soft labels clip by clip as Parquet: sparse above a minimum probability, the others as a mean by class."""

import json
from contextlib import ExitStack
from pathlib import Path
from types import TracebackType
from typing import Any, NamedTuple, Self

import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pyarrow.parquet as pq

from psl.io.files import atomic_write
from psl.io.labels.soft_labels import Ints
from psl.io.metadata.vocabulary import Vocabulary
from psl.io.schemas import LABELS, Q_ONE
from psl.runtime.errors import PslError

METADATA_KEY = b"psl"
WINDOWS_PER_ROW_GROUP = 8192


class _ClipLabels(NamedTuple):
    """The labels of a clip's windows."""

    clip_id: str
    start_ms_W: Ints
    duration_ms: int  # of each window
    p_WC: npt.NDArray[np.float32]


class LabelWriter:
    """Writes soft labels clip by clip, in sorted order, to one Parquet file that is complete or absent.

    Probabilities of at least `min_probability` are kept, rounded to 1 / Q_ONE; 0 keeps every class. Same rows, same
    bytes. `provenance` says who made the labels: `kind` ("annotator" or "weak"), and for an annotator its `annotator`
    (name), `annotator_key`, `weights_hash`, `members` (the annotators that it is made of, each with its contract,
    `front_end_hash` and mapping), `classes` and `cross_fitted` where there are several, `unmatched`, `window`
    ({seconds, hop}) and `parameters`.
    """

    def __init__(self, path: Path, vocabulary: Vocabulary, min_probability: float, provenance: dict[str, Any]) -> None:
        self._path, self._vocabulary, self._min_probability = path, vocabulary, min_probability
        self._provenance = {**provenance, "floor": min_probability, "vocabulary_hash": vocabulary.hash}
        self._below_sum_C, self._below_count_C = np.zeros(len(vocabulary)), np.zeros(len(vocabulary), np.int64)
        self._pending: list[_ClipLabels] = []
        self._pending_windows, self._last_clip, self._stack = 0, "", ExitStack()

    def __enter__(self) -> Self:
        temporary = self._stack.enter_context(atomic_write(self._path))
        self._parquet = self._stack.enter_context(pq.ParquetWriter(temporary, LABELS, compression="zstd"))
        self._stack.push(self._finish)
        return self

    def __exit__(
        self, kind: type[BaseException] | None, value: BaseException | None, trace: TracebackType | None
    ) -> bool | None:
        return self._stack.__exit__(kind, value, trace)

    def add(self, clip_id: str, start_ms_W: Ints, duration_ms: int, p_WC: npt.NDArray[np.float32]) -> None:
        """Add one clip's windows: their starts, their common duration, their probabilities.

        Raises PslError, naming the clip, for clips out of order and, when its row group is written, for a probability
        that is NaN or outside 0 to 1.
        """
        self._check(clip_id, start_ms_W, p_WC)
        self._pending.append(_ClipLabels(clip_id, start_ms_W, duration_ms, p_WC))
        self._pending_windows, self._last_clip = self._pending_windows + len(p_WC), clip_id
        if self._pending_windows >= WINDOWS_PER_ROW_GROUP:
            self._write_row_group()

    def _check(self, clip_id: str, start_ms_W: Ints, p_WC: npt.NDArray[np.float32]) -> None:
        n_windows, n_classes = len(start_ms_W), len(self._vocabulary)
        if clip_id <= self._last_clip:
            raise PslError(
                f"clip {clip_id} comes after {self._last_clip} in {self._path}: add each clip once, in sorted order"
            )
        if p_WC.shape != (n_windows, n_classes) or not n_windows:
            raise PslError(
                f"clip {clip_id} has {n_windows} windows of {n_classes} classes, but p has the shape {p_WC.shape}"
            )
        if n_windows > 1 and (np.diff(start_ms_W) <= 0).any():
            raise PslError(f"the windows of clip {clip_id} are not in the order of their starts")

    def _check_values(self, p_WC: npt.NDArray[np.float32]) -> None:
        """The values of all pending clips at once: clip by clip takes as long as all else together."""
        if p_WC.min() >= 0 and p_WC.max() <= 1:
            return
        clip_id = next(clip.clip_id for clip in self._pending if not (clip.p_WC.min() >= 0 and clip.p_WC.max() <= 1))
        raise PslError(
            f"the annotator gave clip {clip_id} a probability that is not a number from 0 to 1: check its weights "
            "and features"
        )

    def _write_row_group(self) -> None:
        """Write the pending clips, all at once, which is many times faster than one by one."""
        clips, starts, durations, probabilities = zip(*self._pending, strict=True)
        windows = [len(start_ms_W) for start_ms_W in starts]
        p_WC = np.concatenate(probabilities)
        self._check_values(p_WC)
        kept_WC = p_WC >= self._min_probability
        self._below_sum_C += np.where(kept_WC, 0.0, p_WC).sum(axis=0, dtype=np.float64)
        self._below_count_C += (~kept_WC).sum(axis=0)
        offsets = pa.array(np.concatenate([[0], np.cumsum(kept_WC.sum(axis=1))]), pa.int32())
        q_K = np.rint(p_WC[kept_WC].astype(np.float64) * Q_ONE).astype(np.uint16)
        columns = [
            pa.array(np.repeat(np.array(clips, object), windows), pa.string()),
            pa.array(np.concatenate(starts), pa.int32()),
            pa.array(np.repeat(durations, windows), pa.int32()),
            pa.ListArray.from_arrays(offsets, pa.array(np.nonzero(kept_WC)[1].astype(np.int16))),
            pa.ListArray.from_arrays(offsets, pa.array(q_K)),
        ]
        self._parquet.write_table(pa.Table.from_arrays(columns, schema=LABELS))
        self._pending, self._pending_windows = [], 0

    def _finish(
        self, kind: type[BaseException] | None, value: BaseException | None, trace: TracebackType | None
    ) -> None:
        """Write the last row group and the metadata, unless an error occurred."""
        if kind is not None:
            return
        if self._pending:
            self._write_row_group()
        below_min_mean_C = (self._below_sum_C / np.maximum(self._below_count_C, 1)).astype(np.float32)
        metadata = {
            "mids": self._vocabulary.mids,
            "names": self._vocabulary.names,
            "provenance": self._provenance,
            "tail": [float(mean) for mean in below_min_mean_C],
        }
        self._parquet.add_key_value_metadata({METADATA_KEY: json.dumps(metadata, sort_keys=True, ensure_ascii=False)})
