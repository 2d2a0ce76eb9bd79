"""Ogg files (Vorbis, Opus, FLAC) that are cut, lack pages, or are chained of several.

Pages are numbered and have checksums, and the last one of a stream says that it is the last. A chained file is several
files one after the other, of which libsndfile reads the first. It skips what it misses without a word. FLAC in Ogg,
which its usual builds do not read, is given to it without Ogg's pages.
"""

import zlib
from collections.abc import Iterator
from itertools import pairwise
from typing import BinaryIO, NamedTuple

from psl.audio.layouts import flac
from psl.audio.layouts.layout import Layout, Part, file_size, find, read_at
from psl.audio.spliced import Piece

MARK = b"OggS"
HEADER_BYTES = 27
CHECKSUM = slice(22, 26)  # bytes of a page
BEGINS, ENDS = 2, 4  # a stream, as a page's flags say
CUT = "is damaged: its last page does not say that it is the last, so the end of the recording is missing"
VORBIS, OPUS, FLAC = b"\x01vorbis", b"OpusHead", b"\x7fFLAC"  # with which their first pages begin
FLAC_PREFIX = 9  # bytes before what FLAC itself begins with
FLAC_RATE = slice(27, 30)  # bytes of the first page, whose first 20 bits are the sample rate
OPUS_HZ = 48_000  # in which Opus counts its samples, whatever the sample rate
REVERSED = bytes(int(f"{byte:08b}"[::-1], 2) for byte in range(256))  # the bits of each byte


class Page(NamedTuple):
    """An intact page. `samples` of the stream are complete at its end; it is negative where none ends on it."""

    start: int
    body: int  # byte of the file where what it holds begins
    end: int
    flags: int
    samples: int
    stream: int
    number: int


def layout(file: BinaryIO) -> Layout:
    """The links of the file, each with what is missing in it."""
    links = list[list[Page]]()
    before: Page | None = None
    for page in _pages(file):
        if before is None or (page.flags & BEGINS and not before.flags & BEGINS):
            links.append([])
        links[-1].append(page)
        before = page
    if len(links) <= 1:
        pages = links[0] if links else []
        return Layout((Part(_without_pages(file, pages), _cut(pages), _gaps_s(file, pages)),))
    starts = [pages[0].start for pages in links]
    ends = [*starts[1:], file_size(file)]
    return Layout(
        tuple(
            Part(_without_pages(file, pages) or ((start, end),), _cut(pages), _gaps_s(file, pages))
            for pages, start, end in zip(links, starts, ends, strict=True)
        )
    )


def _without_pages(file: BinaryIO, pages: list[Page]) -> tuple[Piece, ...]:
    """A FLAC file of what the pages of FLAC hold, with the number of samples; nothing for other sound."""
    if not pages or read_at(file, pages[0].body, len(FLAC)) != FLAC:
        return ()
    first, *others = [page for page in pages if page.stream == pages[0].stream]
    head = read_at(file, first.body + FLAC_PREFIX, first.end - first.body - FLAC_PREFIX)
    samples = max(page.samples for page in (first, *others))
    stated = flac.with_samples(head[: flac.TOTAL.stop], samples) + head[flac.TOTAL.stop :]
    return stated, *((page.body, page.end) for page in others)


def _cut(pages: list[Page]) -> str | None:
    return None if pages and pages[-1].flags & ENDS else CUT


def _gaps_s(file: BinaryIO, pages: list[Page]) -> tuple[tuple[float, float], ...]:
    """From when to when pages of the sound are missing, in seconds."""
    stream, rate_hz = next(
        ((page.stream, rate) for page in pages if page.flags & BEGINS and (rate := _rate_hz(file, page))), (None, 0)
    )
    sound = [page for page in pages if page.stream == stream]
    return tuple(
        (max(before.samples, 0) / rate_hz, max(after.samples, before.samples) / rate_hz)
        for before, after in pairwise(sound)
        if before.samples > 0 and after.number != before.number + 1
    )


def _rate_hz(file: BinaryIO, page: Page) -> int:
    """Samples a second, as the pages count them; 0 when this is not the first page of Vorbis, Opus or FLAC."""
    content = read_at(file, page.body, FLAC_RATE.stop)
    if content.startswith(FLAC):
        return int.from_bytes(content[FLAC_RATE]) >> 4
    return OPUS_HZ if content.startswith(OPUS) else _little(content[12:]) if content.startswith(VORBIS) else 0


def _pages(file: BinaryIO) -> Iterator[Page]:
    """The intact pages; others are skipped, as they are by libogg."""
    position = find(file, MARK, 0)
    while position is not None:
        page = _page(file, position)
        if page is not None:
            yield page
        end = position + 1 if page is None else page.end
        position = end if read_at(file, end, len(MARK)) == MARK else find(file, MARK, end)


def _page(file: BinaryIO, start: int) -> Page | None:
    """The page at `start`; None when it is incomplete, or its checksum is another one."""
    header = read_at(file, start, HEADER_BYTES)
    lengths = read_at(file, start + HEADER_BYTES, header[-1]) if len(header) == HEADER_BYTES else b""
    size = HEADER_BYTES + len(lengths) + sum(lengths)
    content = read_at(file, start, size)
    if len(header) < HEADER_BYTES or len(lengths) < header[-1] or len(content) < size:
        return None
    if _checksum(content) != _little(content[CHECKSUM]):
        return None
    samples = int.from_bytes(content[6:14], "little", signed=True)
    return Page(
        start,
        start + HEADER_BYTES + len(lengths),
        start + size,
        content[5],
        samples,
        _little(content[14:18]),
        _little(content[18:22]),
    )


def _checksum(page: bytes) -> int:
    """Ogg's checksum is zlib's with the bits in the other order, beginning at 0 and not inverted."""
    blank = page[: CHECKSUM.start] + bytes(4) + page[CHECKSUM.stop :]
    mirrored = zlib.crc32(blank.translate(REVERSED), 0xFFFF_FFFF) ^ 0xFFFF_FFFF
    return int.from_bytes(mirrored.to_bytes(4, "little").translate(REVERSED))


def _little(content: bytes) -> int:
    return int.from_bytes(content[:4], "little")
