"""What is known of audio files: their hashes and durations, as columns."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

InfoRow = tuple[str, float, bool]  # one row of FileInfo


@dataclass(frozen=True)
class FileInfo:
    """Hash and duration of P recordings; each is a file or a part of a container, given by a locator."""

    hash_P: npt.NDArray[np.bytes_]
    duration_s_P: npt.NDArray[np.float64]  # NaN where the duration was not needed, or cannot be determined
    is_read_P: npt.NDArray[np.bool_]  # the hash, and the duration where it was needed, could be read

    @classmethod
    def empty(cls, n_files: int) -> "FileInfo":
        """Rows to be filled in."""
        return cls(np.zeros(n_files, "S32"), np.full(n_files, np.nan), np.zeros(n_files, bool))

    def fill(self, rows: npt.NDArray[np.int64], values: Sequence[InfoRow]) -> None:
        """Fill in the rows with these numbers."""
        self.hash_P[rows], self.duration_s_P[rows], self.is_read_P[rows] = (
            list(column) for column in zip(*values, strict=True)
        )
