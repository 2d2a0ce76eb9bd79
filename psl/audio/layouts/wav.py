"""WAV files whose stated sizes are not those of their sound: written to a pipe, over 4 GiB, cut, or joined.

The sizes are of 32 bits. A writer that cannot go back leaves a placeholder in them, one that wrote more than 4 GiB the
remainder. libsndfile believes a size of 0, and a size that wrapped. A big-endian WAV (RIFX) that is so long becomes
CAF, because RF64 is little-endian.
"""

import struct
from typing import BinaryIO, NamedTuple

from psl.audio.layouts.layout import AS_IT_IS, Layout, Part, file_size, read_at
from psl.audio.layouts.stated_size import SPARE_BYTES, WRAP, caf_header, is_placeholder

LONG = b"RF64", b"BW64"  # with sizes of 64 bits
FORMS = {b"RIFF": "<", b"RIFX": ">", **dict.fromkeys(LONG, "<")}  # and the byte order
HEAD_BYTES, CHUNK_HEAD_BYTES = 12, 8  # RIFF, size, WAVE; name, size
MOST_BYTES = WRAP - 2 * SPARE_BYTES  # that a header of 32 bits can state
TOO_LONG = "is over 4 GiB, big-endian (RIFX) and not of plain numbers, which psl cannot read: write it anew"
PAD_BYTES = 1  # that some writers count, and do not write
DS64 = b"ds64"  # the sizes of RF64
DS64_BYTES = 28


class Data(NamedTuple):
    """The chunk of samples, and the chunks before it."""

    form: bytes
    chunks: bytes  # those before it, without RF64's sizes
    first: int  # byte of the file where the samples begin
    stated: int  # bytes
    there: int  # bytes up to the end of the file


def layout(file: BinaryIO) -> Layout:
    """The parts of a WAV; AS_IT_IS also where its chunks cannot be followed, which libsndfile then says."""
    size, parts = file_size(file), list[Part]()
    start: int | None = 0
    while start is not None and (data := _data(file, start, size)) is not None:
        n_bytes = _true_bytes(file, data, size)
        end = data.first + min(n_bytes, data.there)
        cut = _cut(data) if n_bytes > data.there + PAD_BYTES else None
        start = _next_file(file, end + (end - data.first) % 2, size)
        if start is None and not parts and n_bytes <= data.stated and not _is_misread(data):
            return Layout((Part(cut=cut),))
        header = _header(data, end - data.first)
        if header is None:
            header, end, cut = _header(data, MOST_BYTES) or b"", data.first + MOST_BYTES, TOO_LONG
        parts.append(Part((header, (data.first, end)), cut))
    return Layout(tuple(parts)) if parts else AS_IT_IS


def _is_misread(data: Data) -> bool:
    """Whether libsndfile does not read sizes of 64 bits as they are."""
    return data.form == LONG[1] or (data.form in LONG and is_placeholder(data.stated))


def _cut(data: Data) -> str:
    return f"is damaged: its header promises {data.stated} bytes of samples, and {data.there} are there"


def _data(file: BinaryIO, start: int, size: int) -> Data | None:
    """The chunk of samples of the WAV that begins at byte `start`; None when there is none."""
    form, _, kind = struct.unpack("4s4s4s", read_at(file, start, HEAD_BYTES).ljust(HEAD_BYTES, b"\0"))
    if form not in FORMS or kind != b"WAVE":
        return None
    position, chunks, long_size = start + HEAD_BYTES, b"", 0
    while True:
        head = read_at(file, position, CHUNK_HEAD_BYTES)
        if len(head) < CHUNK_HEAD_BYTES:
            return None
        stated = _size(head, form)
        position += CHUNK_HEAD_BYTES
        if head[:4] == b"data":
            return Data(form, chunks, position, long_size if form in LONG else stated, size - position)
        content = read_at(file, position, min(stated, SPARE_BYTES))
        if head[:4] == DS64:
            long_size = int.from_bytes(content[8:16], "little")
        elif len(content) == stated:
            chunks += head + content + bytes(stated % 2)
        position += stated + stated % 2


def _chunk(file: BinaryIO, position: int, form: bytes, size: int) -> tuple[bytes, int] | None:
    """The name and the size of the chunk at `position`; None when there is none that the file can hold."""
    head = read_at(file, position, CHUNK_HEAD_BYTES)
    is_named = len(head) == CHUNK_HEAD_BYTES and all(32 <= byte < 127 for byte in head[:4])
    is_file = head[:4] in FORMS and read_at(file, position + CHUNK_HEAD_BYTES, 4) == b"WAVE"
    n_bytes = _size(head, form) if is_named else 0
    return (head[:4], n_bytes) if is_file or (is_named and position + len(head) + n_bytes <= size) else None


def _size(head: bytes, form: bytes) -> int:
    n_bytes: int = struct.unpack(f"{FORMS[form]}I", head[4:CHUNK_HEAD_BYTES])[0]
    return n_bytes


def _true_bytes(file: BinaryIO, data: Data, size: int) -> int:
    """The bytes of samples that the file holds or, where it is cut, should hold."""
    if is_placeholder(data.stated):
        is_complete = data.stated < data.there and _chunk(file, data.first + data.stated, data.form, size) is not None
        return data.stated if is_complete else data.there
    n_wraps = 0 if data.form in LONG else max(0, data.there - data.stated) // WRAP
    return data.stated + n_wraps * WRAP


def _next_file(file: BinaryIO, position: int, size: int) -> int | None:
    """Where another WAV begins after the chunks from `position` on; None when there is none."""
    while (chunk := _chunk(file, position, b"RIFF", size)) is not None:
        if chunk[0] in FORMS:
            return position
        position += 8 + chunk[1] + chunk[1] % 2
    return None


def _header(data: Data, n_bytes: int) -> bytes | None:
    """What stands before `n_bytes` of samples, as RF64 or CAF where their number needs more than 32 bits.

    None where neither can say it.
    """
    before = len(data.chunks) + HEAD_BYTES
    if n_bytes <= MOST_BYTES:
        form = b"RIFF" if data.form in LONG else data.form
        order = FORMS[form]
        sizes = struct.pack(f"{order}I", before + n_bytes), struct.pack(f"{order}I", n_bytes)
        return form + sizes[0] + b"WAVE" + data.chunks + b"data" + sizes[1]
    if FORMS[data.form] == ">":
        at = data.chunks.find(b"fmt ") + CHUNK_HEAD_BYTES
        return caf_header(data.chunks[at:], ">", n_bytes)
    sizes_chunk = DS64 + struct.pack(
        "<IQQQI", DS64_BYTES, before + CHUNK_HEAD_BYTES + DS64_BYTES + n_bytes, n_bytes, 0, 0
    )
    unknown = struct.pack("<I", WRAP - 1)
    return b"RF64" + unknown + b"WAVE" + sizes_chunk + data.chunks + b"data" + unknown
