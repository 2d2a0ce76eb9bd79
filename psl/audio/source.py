"""Open audio by its path or locator: a file, the bytes of a file in a container, or a row of samples in HDF5."""

import io
import os
import shutil
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from typing import BinaryIO

from psl.audio.places import hdf5, locators, parquet, tar
from psl.runtime.errors import PslError

EncodedAudio = str | BinaryIO  # the name of an audio file, or an open one


@contextmanager
def open_source(path: str) -> Iterator[EncodedAudio | hdf5.Waveform]:
    """The audio at `path`, a file or a locator (psl/audio/places/locators.py).

    Raises PslError when it does not exist.
    """
    locator = locators.parse_locator(path)
    if locator is None:
        if not os.path.isfile(path):
            raise PslError(f"the audio file {path} does not exist")
        yield path
    elif locator.suffix in locators.TAR:
        with tar.open_member(locator) as member:
            yield member
    else:
        row = parquet.read_row(locator) if locator.suffix in locators.PARQUET else hdf5.read_row(locator)
        yield io.BytesIO(row) if isinstance(row, bytes) else row


def first_bytes(source: EncodedAudio) -> bytes:
    """The first 8 bytes, which tell the file format."""
    if isinstance(source, str):
        with open(source, "rb") as file:
            return file.read(8)
    source.seek(0)
    return source.read(8)


@contextmanager
def on_disk(source: EncodedAudio) -> Iterator[str]:
    """The name of a file with the audio, for FFmpeg, which cannot read from inside a container."""
    if isinstance(source, str):
        yield source
        return
    with tempfile.NamedTemporaryFile(prefix="psl-", suffix=".audio") as copy:
        source.seek(0)
        shutil.copyfileobj(source, copy)
        copy.flush()
        yield copy.name
