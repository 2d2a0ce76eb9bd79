"""WAV files whose stated sizes are not those of their sound: written to a pipe, over 4 GiB, cut, or joined.

The sizes are of 32 bits. A writer that cannot go back leaves a placeholder in them, one that wrote more than 4 GiB the
remainder. libsndfile believes a size of 0, and a size that wrapped.
"""

import struct
from typing import BinaryIO, NamedTuple

from psl.audio.layouts.layout import AS_IT_IS, Layout, Part, file_size, read_at

FORMS = {b"RIFF": "<", b"RIFX": ">", b"RF64": "<"}  # and the byte order
WRAP = 1 << 32
SPARE_BYTES = 1 << 16  # between a placeholder and the power of two that it stands for: headers, whole blocks
PLACEHOLDERS = (WRAP >> 1, WRAP)  # SoX, arecord: just below or at 2 GiB; FFmpeg: just below 4 GiB
HEAD_BYTES, CHUNK_HEAD_BYTES = 12, 8  # RIFF, size, WAVE; name, size
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
        cut = _cut(data) if n_bytes > data.there else None
        start = _next_file(file, end + (end - data.first) % 2, size)
        if start is None and not parts and n_bytes <= data.stated:
            return Layout((Part(cut=cut),))
        parts.append(Part((_header(data, end - data.first), (data.first, end)), cut))
    return Layout(tuple(parts)) if parts else AS_IT_IS


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
            return Data(form, chunks, position, long_size if form == b"RF64" else stated, size - position)
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
    if _is_placeholder(data.stated):
        is_complete = data.stated < data.there and _chunk(file, data.first + data.stated, data.form, size) is not None
        return data.stated if is_complete else data.there
    n_wraps = 0 if data.form == b"RF64" else max(0, data.there - data.stated) // WRAP
    return data.stated + n_wraps * WRAP


def _is_placeholder(stated: int) -> bool:
    return not stated or any(abs(stated - power) <= SPARE_BYTES for power in PLACEHOLDERS)


def _next_file(file: BinaryIO, position: int, size: int) -> int | None:
    """Where another WAV begins after the chunks from `position` on; None when there is none."""
    while (chunk := _chunk(file, position, b"RIFF", size)) is not None:
        if chunk[0] in FORMS:
            return position
        position += 8 + chunk[1] + chunk[1] % 2
    return None


def _header(data: Data, n_bytes: int) -> bytes:
    """What stands before `n_bytes` of samples, as RF64 where their number needs more than 32 bits."""
    before = len(data.chunks) + HEAD_BYTES
    if n_bytes < WRAP - SPARE_BYTES:
        form = data.form if data.form != b"RF64" else b"RIFF"
        order = FORMS[form]
        sizes = struct.pack(f"{order}I", before + n_bytes), struct.pack(f"{order}I", n_bytes)
        return form + sizes[0] + b"WAVE" + data.chunks + b"data" + sizes[1]
    sizes_chunk = DS64 + struct.pack(
        "<IQQQI", DS64_BYTES, before + CHUNK_HEAD_BYTES + DS64_BYTES + n_bytes, n_bytes, 0, 0
    )
    unknown = struct.pack("<I", WRAP - 1)
    return b"RF64" + unknown + b"WAVE" + sizes_chunk + data.chunks + b"data" + unknown
