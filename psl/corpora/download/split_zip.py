"""Split zip archives (.z01, .z02 … .zip) as one seekable stream for Python's zipfile, without joining them on disk.

In a split archive every offset is relative to a numbered part (APPNOTE.TXT 4.3 and 4.4 of the format). The stream is
the parts in order, up to the central directory; then comes that directory with offsets relative to the stream's start.
"""

import io
import struct
from bisect import bisect_right
from collections.abc import Sequence
from itertools import accumulate
from pathlib import Path
from typing import NamedTuple

from psl.runtime.errors import PslError

ENTRY = struct.Struct("<4s4B4HL2L5H2L")  # an entry of the central directory: 46 bytes, then name, extra fields, comment
END = struct.Struct("<4s4H2LH")  # end of the directory
END_64 = struct.Struct("<4sQ2H2L4Q")  # its 64-bit form
LOCATOR_64 = struct.Struct("<4sLQL")  # where the 64-bit form is
ZIP_64, MAX_16, MAX_32 = 1, 0xFFFF, 0xFFFFFFFF
MAX_END = END.size + MAX_16  # with the longest comment


class Directory(NamedTuple):
    """Where the central directory is: its part, offset in the part and size in bytes, and its number of entries."""

    part: int
    offset: int
    size: int
    entries: int


class JoinedParts(io.RawIOBase):
    """The concatenation of files and a tail of bytes, as one stream."""

    def __init__(self, paths: Sequence[Path], length: int, tail: bytes) -> None:
        """`length` is the number of bytes taken from the files; `tail` follows them."""
        self._paths, self._length, self._tail = paths, length, tail
        self._starts = [0, *accumulate(path.stat().st_size for path in paths)]
        self._at, self._open = 0, (-1, io.BytesIO())

    def readable(self) -> bool:
        """Yes."""
        return True

    def seekable(self) -> bool:
        """Yes."""
        return True

    def seek(self, offset: int, whence: int = io.SEEK_SET) -> int:
        """As files do."""
        base = {io.SEEK_SET: 0, io.SEEK_CUR: self._at, io.SEEK_END: self._length + len(self._tail)}[whence]
        self._at = max(base + offset, 0)
        return self._at

    def readinto(self, buffer) -> int:  # type: ignore[no-untyped-def]  # noqa: ANN001
        """Fill `buffer` from the current part; less at the part's end."""
        data = self._bytes(len(buffer))
        buffer[: len(data)] = data
        self._at += len(data)
        return len(data)

    def close(self) -> None:
        """Close the part that is open."""
        self._open[1].close()
        super().close()

    def _bytes(self, count: int) -> bytes:
        if self._at >= self._length:
            start = self._at - self._length
            return self._tail[start : start + count]
        part = bisect_right(self._starts, self._at) - 1
        if part != self._open[0]:
            self._open[1].close()
            self._open = part, self._paths[part].open("rb")  # type: ignore[assignment]
        self._open[1].seek(self._at - self._starts[part])
        return self._open[1].read(min(count, self._length - self._at))


def join_parts(paths: Sequence[Path]) -> io.BufferedReader:
    """The parts of a split archive, in order, as one stream that is a plain zip archive.

    Memory holds only the central directory. Raises PslError when parts are missing or the last has no archive's end.
    """
    sizes = [path.stat().st_size for path in paths]
    starts = [0, *accumulate(sizes)]
    location = _locate_directory(paths, starts)
    begin = _stream_offset(starts, location.part, location.offset, location.size, last=paths[-1])
    with io.BufferedReader(JoinedParts(paths, starts[-1], b"")) as stream:
        stream.seek(begin)
        directory = stream.read(location.size)
    entries = _rewrite_directory(directory, location.entries, starts, paths[-1])
    return io.BufferedReader(JoinedParts(paths, begin, entries + _end(begin, len(entries), location.entries)))


def _locate_directory(paths: Sequence[Path], starts: Sequence[int]) -> Directory:
    """Where the archive's directory is, from the end of the last part."""
    last = paths[-1]
    with last.open("rb") as handle:
        handle.seek(max(last.stat().st_size - MAX_END, 0))
        tail = handle.read()
    at = tail.rfind(b"PK\5\6")
    if at < 0 or len(tail) - at < END.size:
        raise PslError(f"{last} does not end as a zip archive does: delete it and fetch it again")
    _, disk, part, _, entries, size, offset, _ = END.unpack_from(tail, at)
    if at >= LOCATOR_64.size and tail[at - LOCATOR_64.size :].startswith(b"PK\6\7"):
        _, end_part, end_offset, parts = LOCATOR_64.unpack_from(tail, at - LOCATOR_64.size)
        _require_parts(paths, parts)
        with io.BufferedReader(JoinedParts(paths, starts[-1], b"")) as stream:
            stream.seek(_stream_offset(starts, end_part, end_offset, END_64.size, last=last))
            fields = _unpack(END_64, stream.read(END_64.size), b"PK\6\6", last)
        return Directory(fields[5], fields[9], fields[8], fields[7])
    _require_parts(paths, disk + 1)
    return Directory(part, offset, size, entries)


def _require_parts(paths: Sequence[Path], parts: int) -> None:
    if parts != len(paths):
        raise PslError(
            f"{paths[-1]} is the last of {parts} parts, not of {len(paths)}: fetch all parts of the same archive"
        )


def _rewrite_directory(directory: bytes, entries: int, starts: Sequence[int], last: Path) -> bytes:
    """The directory with every entry's offset relative to the start of the stream."""
    rewritten, at = [], 0
    for _ in range(entries):
        fields = list(_unpack(ENTRY, directory[at : at + ENTRY.size], b"PK\1\2", last))
        name, extra, comment = fields[12:15]
        at += ENTRY.size
        text, rest, at = (
            directory[at : at + name],
            directory[at + name : at + name + extra],
            at + name + extra + comment,
        )
        sizes, others, part, offset = _zip_64(fields, rest)
        wide = struct.pack(f"<{len(sizes) + 1}Q", *sizes, _stream_offset(starts, part, offset, 0, last=last))
        others += struct.pack("<HH", ZIP_64, len(wide)) + wide
        fields[13:16], fields[18] = [len(others), 0, 0], MAX_32
        rewritten.append(ENTRY.pack(*fields) + text + others)
    return b"".join(rewritten)


def _zip_64(fields: list, extra: bytes) -> tuple[list[int], bytes, int, int]:
    """The sizes that need 64 bits, the other extra fields, the part and the offset in it."""
    sizes, others, at = [], b"", 0
    part, offset = fields[15], fields[18]
    while at + 4 <= len(extra):
        kind, length = struct.unpack_from("<HH", extra, at)
        value, at = extra[at + 4 : at + 4 + length], at + 4 + length
        if kind != ZIP_64:
            others += struct.pack("<HH", kind, length) + value
            continue
        wide = [field for field in (fields[11], fields[10]) if field == MAX_32]  # uncompressed, then compressed
        numbers = iter(struct.unpack(f"<{length // 8}Q", value[: length // 8 * 8]))
        sizes = [next(numbers) for _ in wide]
        offset = next(numbers) if offset == MAX_32 else offset
        part = struct.unpack("<L", value[-4:])[0] if part == MAX_16 else part
    return sizes, others, part, offset


def _stream_offset(starts: Sequence[int], part: int, offset: int, size: int, *, last: Path) -> int:
    """The stream offset of an offset in a part, after checking that at least `size` bytes follow."""
    if part >= len(starts) - 1 or starts[part] + offset + size > starts[-1]:
        raise PslError(
            f"the directory of {last} points outside the archive's {len(starts) - 1} parts: "
            "delete them and fetch them again"
        )
    return starts[part] + offset


def _end(begin: int, size: int, entries: int) -> bytes:
    """The archive's end, in the 64-bit form, of one part."""
    end_64 = END_64.pack(b"PK\6\6", END_64.size - 12, 45, 45, 0, 0, entries, entries, size, begin)
    return (
        end_64
        + LOCATOR_64.pack(b"PK\6\7", 0, begin + size, 1)
        + END.pack(b"PK\5\6", 0, 0, MAX_16, MAX_16, MAX_32, MAX_32, 0)
    )


def _unpack(form: struct.Struct, data: bytes, signature: bytes, last: Path) -> tuple:
    if len(data) < form.size or not data.startswith(signature):
        raise PslError(f"the directory of {last} is broken: delete the archive's parts and fetch them again")
    return form.unpack(data)
