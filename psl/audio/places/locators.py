"""Locators: strings that address a part of a container, beside file names in the manifest's column `path`.

    /sets/audioset/Y--PJHxphWEs.wav     a file
    /sets/shard-0001.tar::1536+20480    20480 bytes from byte 1536 on
    /sets/train-00000.parquet::3+17     row 17 of row group 3
    /sets/balanced_train.h5::17         row 17

A string with a container's suffix, `::` and whole numbers at its end is a locator. The names of audio files end in an
audio suffix, so the two are never confused, even if a folder's name contains `::`.
"""

import re
from typing import NamedTuple

TAR, PARQUET, HDF5 = (".tar",), (".parquet",), (".h5", ".hdf5", ".hdf")
CONTAINERS = TAR + PARQUET + HDF5
SEPARATOR = "::"
_LOCATOR = re.compile(
    rf"(.+(?:{'|'.join(map(re.escape, CONTAINERS))})){SEPARATOR}(\d+)(?:\+(\d+))?", re.IGNORECASE | re.DOTALL
)


class Locator(NamedTuple):
    """A part of a container: first byte and size in a tar, row group and row in Parquet, row (and 0) in HDF5."""

    file: str
    first: int
    second: int

    @property
    def suffix(self) -> str:
        """The container's suffix in lower case."""
        return "." + self.file.rsplit(".", 1)[-1].lower()


def format_locator(file: str, first: int, second: int | None = None) -> str:
    """The locator of a part of the container `file`, as a string.

    >>> format_locator("/a/b.tar", 1536, 20480), format_locator("/a/b.h5", 17)
    ('/a/b.tar::1536+20480', '/a/b.h5::17')
    """
    return f"{file}{SEPARATOR}{first}" if second is None else f"{file}{SEPARATOR}{first}+{second}"


def parse_locator(text: str) -> Locator | None:
    """The part of a container that `text` addresses; None when it is the name of a file.

    >>> parse_locator("/a::1/b.tar::1536+20480"), parse_locator("/a/b.tar::7/c.wav")
    (Locator(file='/a::1/b.tar', first=1536, second=20480), None)
    """
    match = _LOCATOR.fullmatch(text) if SEPARATOR in text else None
    return Locator(match[1], int(match[2]), int(match[3] or 0)) if match else None


def reading_order(text: str) -> Locator:
    """A sort key: the parts of one container in storage order, so that each row group is read once."""
    return parse_locator(text) or Locator(text, 0, 0)
