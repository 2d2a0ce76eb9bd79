"""Read soft labels from Parquet: of a whole file or of some of its clips, at once or in parts."""

import json
from bisect import bisect_left, bisect_right
from collections.abc import Collection, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Self

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq

from psl.io.labels.parts import join, labels_of
from psl.io.labels.soft_labels import SoftLabels
from psl.io.labels.writer import METADATA_KEY
from psl.io.metadata.vocabulary import Vocabulary
from psl.io.schemas import LABELS
from psl.runtime.errors import PslError

WINDOWS_PER_PART = 8192  # one thread and few windows: the same speed, and the memory of one part is small
CLIP_ID, Q = 0, 4  # columns of a row group, in the order of LABELS


def read_labels(path: Path, clip_ids: Collection[str] | None = None) -> SoftLabels:
    """Read what LabelWriter wrote: the labels of all clips, or of those in `clip_ids` alone.

    Memory holds these labels and one part of the file. Raises PslError when the file is missing, damaged, or another
    file, and when it lacks one of `clip_ids`.
    """
    with LabelFile(path) as file:
        return file.read(clip_ids)


class LabelFile:
    """A file that LabelWriter wrote. `empty` are the labels of no window, with all else that the file says.

    Raises PslError, also while it is read, when the file is missing, damaged, or another file.
    """

    def __init__(self, path: Path) -> None:
        if not path.is_file():
            raise PslError(f"the labels {path} do not exist: run the stage that writes them (`dvc repro`)")
        self._path = path
        with _refuse_foreign(path):
            self._file = pq.ParquetFile(path, pre_buffer=False)
            if not self._file.schema_arrow.equals(LABELS):
                raise ValueError(f"its columns are {', '.join(self._file.schema_arrow.names)}")
            self.empty = _empty(self._file.metadata.metadata[METADATA_KEY])

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self._file.close()

    def __len__(self) -> int:
        return self._file.metadata.num_rows

    def clip_ids(self) -> pa.StringArray:
        """The clips, distinct and sorted."""
        with _refuse_foreign(self._path):
            parts = [batch["clip_id"].unique() for batch in self._batches(WINDOWS_PER_PART, columns=["clip_id"])]
            return pa.concat_arrays([pa.array([], pa.string()), *parts]).unique()

    def parts(self, windows: int) -> Iterator[SoftLabels]:
        """All labels, that many windows at a time, whatever the row groups: a clip may go on in the next part."""
        with _refuse_foreign(self._path):
            for batch in self._batches(windows):
                yield labels_of(batch, self.empty)

    def read(self, clip_ids: Collection[str] | None = None) -> SoftLabels:
        """All labels, or those of `clip_ids`. Raises PslError when the file lacks one of them."""
        wanted = None if clip_ids is None else sorted(set(clip_ids))
        with _refuse_foreign(self._path):
            groups = [self._file.metadata.row_group(number) for number in self._groups(wanted)]
            n_windows = sum(group.num_rows for group in groups)
            n_values = sum(group.column(Q).num_values for group in groups)  # one also for a window without labels
            if n_values > n_windows * len(self.empty.vocabulary):
                raise ValueError("it has more labels than windows times classes")
            parts = self.parts(WINDOWS_PER_PART) if wanted is None else self._chosen(wanted)
            labels = join(parts, self.empty, max_windows=n_windows, max_kept=n_values)
        if wanted is not None and len(labels.clip_ids) < len(wanted):
            missing = sorted(set(wanted).difference(labels.clip_ids))
            raise PslError(
                f"{self._path} has no labels of {len(missing)} of {len(wanted)} clips, such as {missing[0]}: "
                "run the stages that write features and labels again"
            )
        return labels

    def _chosen(self, wanted: list[str]) -> Iterator[SoftLabels]:
        for batch in self._batches(WINDOWS_PER_PART, wanted):
            if len(chosen := _of_clips(batch, wanted)):
                yield labels_of(chosen, self.empty)

    def _batches(
        self, windows: int, wanted: list[str] | None = None, *, columns: list[str] | None = None
    ) -> Iterator[pa.RecordBatch]:
        return self._file.iter_batches(windows, self._groups(wanted), columns, use_threads=False)

    def _groups(self, wanted: list[str] | None) -> list[int]:
        """The row groups that may have clips of `wanted`, by their smallest and largest clip id."""
        metadata = self._file.metadata
        numbers = range(metadata.num_row_groups)
        if wanted is None:
            return [*numbers]
        clips = [metadata.row_group(number).column(CLIP_ID).statistics for number in numbers]
        return [n for n, s in enumerate(clips) if s is None or not s.has_min_max or _between(wanted, s.min, s.max)]


def _of_clips(batch: pa.RecordBatch, wanted: list[str]) -> pa.RecordBatch:
    """The rows of the clips `wanted`; batch and `wanted` are sorted by clip."""
    clips = batch["clip_id"]
    here = _between(wanted, clips[0].as_py(), clips[-1].as_py())
    return batch.filter(pc.is_in(clips, pa.array(here, pa.string())))


def _between(sorted_ids: list[str], first: str, last: str) -> list[str]:
    return sorted_ids[bisect_left(sorted_ids, first) : bisect_right(sorted_ids, last)]


def _empty(record: bytes) -> SoftLabels:
    """The labels of no window, from the file's metadata."""
    metadata, none_W = json.loads(record), np.empty(0, np.int32)
    return SoftLabels(
        vocabulary=Vocabulary(tuple(metadata["mids"]), tuple(metadata["names"])),
        clip_ids=(),
        clip_W=none_W,
        start_ms_W=none_W,
        duration_ms_W=none_W,
        offsets=np.zeros(1, np.int64),
        class_K=np.empty(0, np.int16),
        q_K=np.empty(0, np.uint16),
        below_min_mean_C=np.array(metadata["tail"], np.float32),
        provenance=metadata["provenance"],
    )


@contextmanager
def _refuse_foreign(path: Path) -> Iterator[None]:
    try:
        yield
    except (pa.ArrowException, OSError, KeyError, TypeError, ValueError) as error:
        raise PslError(
            f"{path} is not a file of soft labels as psl writes them ({' '.join(str(error).split())}): write it again"
        ) from error
