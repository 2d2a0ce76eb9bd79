"""A file that is put together from ranges of another one and bytes of its own, without reading it into memory."""

import bisect
import io
import os
from collections.abc import Sequence
from itertools import accumulate
from typing import BinaryIO

Piece = bytes | tuple[int, int]  # bytes, or a range of the other file: its first byte, and the one after its last


class Spliced(io.RawIOBase):
    """The pieces one after the other; closing it closes the other file."""

    def __init__(self, file: BinaryIO | io.RawIOBase, pieces: Sequence[Piece]) -> None:
        self._file, self._pieces, self._position = file, pieces, 0
        self._ends = list(accumulate(_size(piece) for piece in pieces))

    def readable(self) -> bool:
        return True

    def seekable(self) -> bool:
        return True

    def seek(self, offset: int, whence: int = os.SEEK_SET) -> int:
        size = self._ends[-1] if self._ends else 0
        origin = {os.SEEK_SET: 0, os.SEEK_CUR: self._position, os.SEEK_END: size}[whence]
        self._position = max(0, origin + offset)
        return self._position

    def readinto(self, buffer: memoryview) -> int:  # type: ignore[override]
        number = bisect.bisect_right(self._ends, self._position)
        if number == len(self._pieces):
            return 0
        piece, left = self._pieces[number], self._ends[number] - self._position
        part = memoryview(buffer)[:left]
        n_read = self._copy(piece, _size(piece) - left, part)
        self._position += n_read
        return n_read

    def _copy(self, piece: Piece, first: int, part: memoryview) -> int:
        """Fill `part` with the piece's bytes from its byte `first` on; returns how many there are."""
        if isinstance(piece, bytes):
            part[:] = piece[first : first + len(part)]
            return len(part)
        self._file.seek(piece[0] + first)
        return self._file.readinto(part) or 0  # type: ignore[union-attr]

    def close(self) -> None:
        self._file.close()
        super().close()


def _size(piece: Piece) -> int:
    return len(piece) if isinstance(piece, bytes) else piece[1] - piece[0]
