"""FLAC files whose header does not state their length, or another one, and FLAC files joined to others.

The number of samples in the header is 0 where the writer could not know it. Every frame says where it stands, so the
last one tells the length.
"""

from typing import BinaryIO, NamedTuple

import numpy as np

from psl.audio.layouts.layout import AS_IT_IS, BLOCK_BYTES, Layout, Part, file_size, read_at

MARK = b"fLaC"
BLOCK_HEADS = b"\x00\x00\x00\x22", b"\x80\x00\x00\x22"  # after it, of the block with the number of samples
INFO_BYTES = 34
TOTAL = slice(18, 26)  # bytes from the mark on, whose last 36 bits are the number of samples
TOTAL_BITS = 36
SYNC = b"\xff"  # with which frames begin, and with a byte that all of a file have in common
TAIL_BYTES = 1 << 18, 1 << 24  # in which the last frame is looked for; no frame is longer than the latter
HEADER_BYTES = 16  # of a frame, at most

FrameKind = tuple[int, int, int]  # of the header: numbering, rate, bits of a sample


class Info(NamedTuple):
    """What the header of a file says, and what all of its frames have in common."""

    head: bytes  # up to the number of samples
    block_samples: int  # of frames of a fixed size
    samples: int
    frame_kind: FrameKind
    first_frame: int  # byte of the file


def layout(file: BinaryIO) -> Layout:
    """The parts of a FLAC file; none where it is one that is as long as it says."""
    starts = _starts(file)
    if not starts:
        return AS_IT_IS
    ends = [*starts[1:], file_size(file)]
    parts = [_part(file, start, end) for start, end in zip(starts, ends, strict=True)]
    is_right = len(parts) == 1 and parts[0].pieces == ((starts[0], ends[0]),)
    return AS_IT_IS if is_right else Layout(tuple(parts))


def _starts(file: BinaryIO) -> list[int]:
    """Where a FLAC file begins in the file."""
    marks = list[int]()
    for position in range(0, file_size(file), BLOCK_BYTES):
        block = read_at(file, position, BLOCK_BYTES + len(MARK) - 1)
        marks += [position + mark for mark in _marks(block)]
    return [mark for mark in marks if read_at(file, mark + len(MARK), len(BLOCK_HEADS[0])) in BLOCK_HEADS]


def _marks(block: bytes) -> list[int]:
    """Where MARK stands: words of four bytes at each of four offsets are compared, in half the time of bytes.find."""
    mark, padded = int.from_bytes(MARK, "little"), block.ljust(2 * len(MARK), b"\0")
    words = [np.frombuffer(padded, "<u4", (len(padded) - offset) // 4, offset) for offset in range(4)]
    return sorted(4 * n + offset for offset in range(4) for n in np.flatnonzero(words[offset] == mark).tolist())


def _part(file: BinaryIO, start: int, end: int) -> Part:
    """The FLAC file in this range of the file, with a header that states its length."""
    info = _info(file, start)
    there = _last_sample(file, info, end)
    if there == info.samples:
        return Part(((start, end),))
    missing = f"is damaged: its header promises {info.samples} samples, and {there} are there"
    pieces = with_samples(info.head, there), (start + len(info.head), end)
    return Part(pieces, missing if info.samples > there else None)


def _info(file: BinaryIO, start: int) -> Info:
    head, position, is_last = read_at(file, start, TOTAL.stop), start + 4, False
    while not is_last and (block := read_at(file, position, 4)):
        is_last, position = bool(block[0] & 0x80), position + 4 + int.from_bytes(block[1:])
    frame = read_at(file, position, HEADER_BYTES)
    total = int.from_bytes(head[TOTAL]) & ((1 << TOTAL_BITS) - 1)
    return Info(head, int.from_bytes(head[10:12]), total, _kind(frame), position)


def _kind(frame: bytes) -> FrameKind:
    frame = frame.ljust(HEADER_BYTES, b"\0")
    return frame[1], frame[2] & 15, frame[3] & 15


def with_samples(head: bytes, samples: int) -> bytes:
    """The first bytes of a file, up to its number of samples, with this number."""
    rest = int.from_bytes(head[TOTAL]) >> TOTAL_BITS << TOTAL_BITS
    return head[: TOTAL.start] + (rest | samples).to_bytes(8)


def _last_sample(file: BinaryIO, info: Info, end: int) -> int:
    """The number of samples up to the end of the last frame; 0 when no frame is found."""
    begin = SYNC + bytes(info.frame_kind[:1])
    for size in TAIL_BYTES:
        first = min(max(info.first_frame, end - size), end)
        tail = read_at(file, first, end - first)
        position = len(tail)
        while (position := tail.rfind(begin, 0, position)) >= 0:
            if samples := _frame_end(tail[position : position + HEADER_BYTES].ljust(HEADER_BYTES, b"\0"), info):
                return samples
    return 0


def _frame_end(header: bytes, info: Info) -> int | None:
    """The number of samples up to the end of the frame with this header; None when it is none.

    A header has much in common with the first frame's, and ends in a checksum over itself.
    """
    size_code, rate_code, number_bytes = header[2] >> 4, header[2] & 15, _number_bytes(header[4])
    if not size_code or number_bytes is None or _kind(header) != info.frame_kind:
        return None
    size_at = 4 + number_bytes
    size_bytes = {6: 1, 7: 2}.get(size_code, 0)
    check_at = size_at + size_bytes + {12: 1, 13: 2, 14: 2}.get(rate_code, 0)
    if check_at >= len(header) or _crc8(header[:check_at]) != header[check_at]:
        return None
    stated = int.from_bytes(header[size_at : size_at + size_bytes]) + 1
    samples = stated if size_bytes else _block_samples(size_code)
    number = _number(header[4:size_at])
    return number * (1 if header[1] & 1 else info.block_samples) + samples


def _block_samples(code: int) -> int:
    return 192 if code == 1 else 576 << code - 2 if code <= 5 else 256 << code - 8


def _number_bytes(first: int) -> int | None:
    """Bytes of a number that is coded like a letter of UTF-8; None when it cannot begin so."""
    ones = 8 - (first ^ 0xFF).bit_length()
    return 1 if not ones else ones if 2 <= ones <= 7 else None


def _number(coded: bytes) -> int:
    value = coded[0] if len(coded) == 1 else coded[0] & 0x7F >> len(coded)
    for byte in coded[1:]:
        value = value << 6 | byte & 0x3F
    return value


def _crc8(header: bytes) -> int:
    check = 0
    for byte in header:
        check ^= byte
        for _ in range(8):
            check = check << 1 ^ (0x107 if check & 0x80 else 0)
    return check
