"""Ogg files (Vorbis, Opus, FLAC) that are cut, or chained of several.

The last page of a stream says that it is the last. A chained file is several files one after the other, of which
libsndfile reads the first.
"""

from typing import BinaryIO

from psl.audio.layouts.layout import Layout, Part, file_size, find, read_at

MARK = b"OggS"
HEADER_BYTES = 27
FLAGS_AT, SEGMENTS_AT = 5, 26  # bytes of a page
BEGINS, ENDS = 2, 4  # a stream, as a page's flags say
CUT = "is damaged: its last page does not say that it is the last, so the end of the recording is missing"


def layout(file: BinaryIO) -> Layout:
    """The links of the file, each with whether its end is missing."""
    size, position = file_size(file), find(file, MARK, 0)
    starts, is_whole, began = list[int](), list[bool](), False
    while position is not None:
        flags, end = _page(file, position)
        begins = bool(flags & BEGINS)
        if (begins and not began) or not starts:
            starts.append(position)
            is_whole.append(False)
        is_whole[-1] = bool(flags & ENDS) and end <= size
        began = begins
        position = end if read_at(file, end, len(MARK)) == MARK else find(file, MARK, position + 1)
    ends = [*starts[1:], size]
    cuts = [None if whole else CUT for whole in is_whole]
    if len(starts) <= 1:
        return Layout((Part(cut=cuts[0] if cuts else None),))
    return Layout(tuple(Part(((start, end),), cut) for start, end, cut in zip(starts, ends, cuts, strict=True)))


def _page(file: BinaryIO, position: int) -> tuple[int, int]:
    """The flags of the page at `position`, and where it ends."""
    header = read_at(file, position, HEADER_BYTES).ljust(HEADER_BYTES, b"\0")
    lengths = read_at(file, position + HEADER_BYTES, header[SEGMENTS_AT])
    is_listed = len(lengths) == header[SEGMENTS_AT]
    return header[FLAGS_AT], position + HEADER_BYTES + len(lengths) + sum(lengths) + (0 if is_listed else 1)
