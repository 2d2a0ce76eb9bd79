"""AIFF, AU, CAF and Wave64 files that are shorter than their header says, or whose writer could not state a size.

libsndfile reads what is there of a short one without a word, nothing of AU where the size is 0, and refuses CAF.
"""

import struct
from typing import BinaryIO, NamedTuple

from psl.audio.layouts.layout import AS_IT_IS, Layout, Part, file_size, read_at

WRAP = 1 << 32
SPARE_BYTES = 1 << 16  # between a placeholder and the power of two that it stands for: headers, whole blocks
PLACEHOLDERS = (  # SoX: 0x7F000000 in AIFF, else it and arecord just below or at 2 GiB; FFmpeg: just below 4 GiB
    0x7F00_0000,
    WRAP >> 1,
    WRAP,
    1 << 63,
    1 << 64,
)
PCM, FLOAT, EXTENSIBLE = 1, 3, 0xFFFE  # codings of WAV
CAF_EDITS = 4  # bytes between the head of CAF's chunk of samples and these


class Chunks(NamedTuple):
    """How a format states sizes."""

    first: int  # byte of the first chunk
    head: str  # of a chunk, name and size, as `struct` has it
    name: bytes  # of the chunk of samples
    before: int = 0  # bytes of it before the samples, which count in its size
    counted_head: int = 0  # bytes of a head that count in the chunk's size
    align: int = 1  # bytes of which the beginning of a chunk is a multiple


AU = b".snd", b"dns."  # big-endian, little-endian
CHUNKS = {
    b"FORM": Chunks(12, ">4sI", b"SSND", before=8, align=2),
    b"caff": Chunks(8, ">4sq", b"data", before=CAF_EDITS),
    b"riff": Chunks(40, "<16sQ", b"data", counted_head=24, align=8),
}
FORMS = *AU, *CHUNKS


class Data(NamedTuple):
    """The samples of a file."""

    first: int  # byte of the file where they begin
    stated: int  # bytes, by the header
    size_at: int  # byte of the file where that is stated,
    size_form: str  # and how, as `struct` has it
    besides: int = 0  # bytes that are no samples, and count as well


def layout(file: BinaryIO) -> Layout:
    """One part, with a header that states the size that it has; AS_IT_IS where its chunks cannot be followed."""
    mark = read_at(file, 0, 4)
    data = _au(file, mark) if mark in AU else _chunk(file, CHUNKS[mark])
    if data is None:
        return AS_IT_IS
    there = file_size(file) - data.first
    if there - data.stated >= WRAP and data.size_form[1] == "I":
        return Layout((Part(cut="is over 4 GiB, which this format cannot state: write it anew as WAV"),))
    if 0 < data.stated <= there:
        return AS_IT_IS
    size = struct.pack(data.size_form, there + data.besides)
    pieces = (0, data.size_at), size, (data.size_at + len(size), data.first + there)
    missing = f"is damaged: its header promises {data.stated} bytes of samples, and {there} are there"
    return Layout((Part(pieces, None if is_placeholder(data.stated) else missing),))


def is_placeholder(stated: int) -> bool:
    """Whether a stated size is what writers leave that cannot go back."""
    return stated <= 0 or any(abs(stated - power) <= SPARE_BYTES for power in PLACEHOLDERS)


def caf_header(wav_format: bytes, order: str, n_bytes: int) -> bytes | None:
    """What stands before `n_bytes` of samples in CAF, which has sizes of 64 bits, from a WAV's format.

    `order` of bytes is `<` or `>`. None for another coding than PCM of 16 bits and more, or numbers with a point.
    """
    kind, channels, rate_hz, _, block_bytes, bits = struct.unpack(f"{order}HHIIHH", wav_format[:16])
    if kind == EXTENSIBLE:
        (kind,) = struct.unpack(f"{order}H", wav_format[24:26])
    if kind not in (PCM, FLOAT) or bits <= 8:
        return None
    flags = (kind == FLOAT) | (order == "<") << 1
    sound = struct.pack(">d4s5I", rate_hz, b"lpcm", flags, block_bytes, 1, channels, bits)
    head = b"caff" + struct.pack(">HH4sq", 1, 0, b"desc", len(sound)) + sound
    return head + struct.pack(">4sqI", b"data", n_bytes + CAF_EDITS, 0)


def _au(file: BinaryIO, mark: bytes) -> Data:
    form = ">I" if mark == AU[0] else "<I"
    first, stated = struct.unpack(f"{form}I", read_at(file, 4, 8).ljust(8, b"\0"))
    return Data(first, stated, 8, form)


def _chunk(file: BinaryIO, chunks: Chunks) -> Data | None:
    """The samples; None when the chunks do not lead to them."""
    position, n_head = chunks.first, struct.calcsize(chunks.head)
    size_form = chunks.head[0] + chunks.head[-1]
    while len(head := read_at(file, position, n_head)) == n_head:
        name, stated = struct.unpack(chunks.head, head)
        if name.startswith(chunks.name):
            besides, size_at = chunks.before + chunks.counted_head, position + n_head - struct.calcsize(size_form)
            return Data(position + n_head + chunks.before, stated - besides, size_at, size_form, besides)
        position += max(0, stated - chunks.counted_head) + n_head
        position += -position % chunks.align
    return None
