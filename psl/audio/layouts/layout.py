"""What is found in a file's structure: its parts, each an audio file of its own, and how reliable each is."""

from dataclasses import dataclass
from typing import BinaryIO

from psl.audio.spliced import Piece

BLOCK_BYTES = 1 << 20


@dataclass(frozen=True)
class Part:
    """A stretch of the file that libsndfile can read as a file; without pieces it is the whole file as it is.

    `cut` says why sound is missing after it; None when it is complete, or only decoding tells. `gaps_s` are the
    stretches of it that are missing, from when to when in seconds. `samples` is how many a channel has
    where libsndfile states more.
    """

    pieces: tuple[Piece, ...] = ()
    cut: str | None = None
    gaps_s: tuple[tuple[float, float], ...] = ()
    samples: int | None = None


@dataclass(frozen=True)
class Layout:
    """The parts of a file in their order."""

    parts: tuple[Part, ...]
    is_mpeg: bool = False


AS_IT_IS = Layout((Part(),))


def file_size(file: BinaryIO) -> int:
    """The number of bytes of an open file."""
    return file.seek(0, 2)


def read_at(file: BinaryIO, position: int, size: int) -> bytes:
    """`size` bytes from `position` on, or as many as there are."""
    file.seek(position)
    return file.read(size)


def find(file: BinaryIO, pattern: bytes, position: int) -> int | None:
    """Where `pattern` next occurs from `position` on, read in blocks; None when it does not."""
    overlap = len(pattern) - 1
    while len(block := read_at(file, position, BLOCK_BYTES + overlap)) > overlap:
        if (found := block.find(pattern)) >= 0:
            return position + found
        position += BLOCK_BYTES
    return None


def id3_bytes(file: BinaryIO) -> int:
    """Bytes of the ID3v2 tags at the beginning of the file."""
    end = 0
    while True:
        head = read_at(file, end, 10)
        if head[:3] != b"ID3" or len(head) < 10:
            return end
        end += 10 + sum((byte & 0x7F) << shift for byte, shift in zip(head[6:], (21, 14, 7, 0), strict=True))
