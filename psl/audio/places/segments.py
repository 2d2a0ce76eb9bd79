"""Segments: the parts of recordings that are a corpus's clips."""

from collections.abc import Sequence
from typing import NamedTuple, overload

import numpy as np
import numpy.typing as npt

NO_END = -1


class Segment(NamedTuple):
    """A clip of a corpus: the id of its recording, and where the clip starts and ends there."""

    name: str
    start_ms: int
    end_ms: int | None  # None: to the end of the recording


class Segments(Sequence[Segment]):
    """Segments as columns: millions of them take a third of the memory of tuples. `end_ms_N` is NO_END for None."""

    def __init__(self, names: list[str], start_ms_N: npt.NDArray[np.int64], end_ms_N: npt.NDArray[np.int64]) -> None:
        self.names, self.start_ms_N, self.end_ms_N = names, start_ms_N, end_ms_N

    @classmethod
    def of(cls, segments: Sequence[Segment]) -> "Segments":
        """The same segments as columns."""
        if isinstance(segments, Segments):
            return segments
        ends_ms = (NO_END if segment.end_ms is None else segment.end_ms for segment in segments)
        return cls(
            [segment.name for segment in segments],
            np.array([segment.start_ms for segment in segments], np.int64),
            np.fromiter(ends_ms, np.int64),
        )

    def __len__(self) -> int:
        return len(self.names)

    @overload
    def __getitem__(self, row: int) -> Segment: ...
    @overload
    def __getitem__(self, row: slice) -> "Segments": ...
    def __getitem__(self, row: int | slice) -> "Segment | Segments":
        if isinstance(row, slice):
            return Segments(self.names[row], self.start_ms_N[row], self.end_ms_N[row])
        end_ms = self.end_ms_N.item(row)
        return Segment(self.names[row], self.start_ms_N.item(row), None if end_ms == NO_END else end_ms)
