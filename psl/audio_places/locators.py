"""Locators: one string for where a clip's audio lies, be it a file or a part of a container, as the manifest's `path` holds it.

    /sets/audioset/Y--PJHxphWEs.wav     a file
    /sets/shard-0001.tar::1536+20480    20480 bytes from byte 1536 on
    /sets/train-00000.parquet::3+17     row 17 of row group 3
    /sets/balanced_train.h5::17         row 17

The rule: what ends in `::` and whole numbers after a container's suffix lies in that container. An audio file's name ends in
the suffix of an audio file, so neither is ever taken for the other, whatever `::` the folders' names hold.
"""

import re
from typing import NamedTuple

TAR, PARQUET, HDF5 = (".tar",), (".parquet",), (".h5", ".hdf5", ".hdf")
CONTAINERS = TAR + PARQUET + HDF5
SEPARATOR = "::"
_LOCATOR = re.compile(rf"(.+(?:{'|'.join(map(re.escape, CONTAINERS))})){SEPARATOR}(\d+)(?:\+(\d+))?", re.IGNORECASE | re.DOTALL)


class Locator(NamedTuple):
    """A place in a container: first byte and size in a tar, row group and row in Parquet, row (and 0) in HDF5."""

    file: str
    first: int
    second: int

    @property
    def suffix(self) -> str:
        """The container's suffix in small letters."""
        return "." + self.file.rsplit(".", 1)[-1].lower()


def spell(file: str, first: int, second: int | None = None) -> str:
    """The locator of a place in the container `file`.

    >>> spell("/a/b.tar", 1536, 20480), spell("/a/b.h5", 17)
    ('/a/b.tar::1536+20480', '/a/b.h5::17')
    """
    return f"{file}{SEPARATOR}{first}" if second is None else f"{file}{SEPARATOR}{first}+{second}"


def parse(text: str) -> Locator | None:
    """The place in a container that `text` names; None when it names a file.

    >>> parse("/a::1/b.tar::1536+20480"), parse("/a/b.tar::7/c.wav")
    (Locator(file='/a::1/b.tar', first=1536, second=20480), None)
    """
    match = _LOCATOR.fullmatch(text) if SEPARATOR in text else None
    return Locator(match[1], int(match[2]), int(match[3] or 0)) if match else None


def reading_order(text: str) -> Locator:
    """Sorted by this, places of one container follow each other as they lie in it, so that each part is read once."""
    return parse(text) or Locator(text, 0, 0)
