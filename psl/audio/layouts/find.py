"""The layout of a file by its first bytes; that of a file on the disk is kept for the recording's next clip."""

import os
from functools import lru_cache
from typing import BinaryIO

from psl.audio.layouts import flac, mp3, ogg, stated_size, wav
from psl.audio.layouts.layout import Layout, id3_bytes, read_at
from psl.audio.source import EncodedAudio

LAYOUTS = {**dict.fromkeys(wav.FORMS, wav.layout), b"fLaC": flac.layout, ogg.MARK: ogg.layout}
LAYOUTS |= dict.fromkeys(stated_size.FORMS, stated_size.layout)
KEPT_FILES = 4


def find_layout(source: EncodedAudio, *, is_mpeg: bool = False) -> Layout | None:
    """The layout of an audio file; None where its first bytes do not tell what it is, unless it `is_mpeg`.

    A file that is open already is left where it was.
    """
    if isinstance(source, str):
        status = os.stat(source)
        return _layout_of_file(source, status.st_size, status.st_mtime_ns, is_mpeg)
    position = source.tell()
    found = _layout(source, is_mpeg)
    source.seek(position)
    return found


@lru_cache(maxsize=KEPT_FILES)
def _layout_of_file(path: str, n_bytes: int, changed_ns: int, is_mpeg: bool) -> Layout | None:
    """The layout of a file, whose size and time tell when it changed; that of an hour of MP3 takes 0.2 s."""
    with open(path, "rb") as file:
        return _layout(file, is_mpeg)


def _layout(file: BinaryIO, is_mpeg: bool) -> Layout | None:
    signature = read_at(file, id3_bytes(file), 4)
    make = mp3.layout if is_mpeg or signature[:1] == mp3.MARK else LAYOUTS.get(signature)
    return make(file) if make else None
