"""Tar shards, as WebDataset has them: members are listed once, then read where they lie. Nothing is ever unpacked."""

import io
import os
import tarfile
from collections.abc import Iterator
from typing import BinaryIO, NoReturn

from psl.audio_places.locators import Locator, spell
from psl.audio_places.names import SUFFIXES
from psl.errors import PslError


def members(path: str) -> Iterator[tuple[str, str]]:
    """(name, locator) of each audio file in the tar at `path`. Only headers are read.

    Raises PslError, after the members that are whole, when the tar is cut off or damaged.
    """
    size, listed = os.path.getsize(path), 0
    try:
        with open(path, "rb") as file, tarfile.open(fileobj=file, mode="r:") as tar:
            while member := tar.next():
                tar.members = []  # type: ignore[attr-defined]  # or all headers stay in memory
                if member.offset_data + member.size > size:
                    _cut(path, listed)
                listed += 1
                if member.isreg() and not member.issparse() and member.name.lower().endswith(SUFFIXES):
                    yield member.name, spell(path, member.offset_data, member.size)
            _expect_end(path, file, tar.offset, listed)
    except tarfile.TarError as error:
        raise PslError(f"the tar {path} cannot be read beyond its first {listed} members ({error}): fetch it again") from None


def open_member(place: Locator) -> BinaryIO:
    """The member's bytes as a file. Raises PslError when the tar is no longer the one that was listed."""
    try:
        file = io.FileIO(place.file)
    except FileNotFoundError:
        raise PslError(f"the tar {place.file} does not exist") from None
    part = _Part(file, place.first, place.second)
    if not _is_as_listed(file, place):
        part.close()
        raise PslError(f"the tar {place.file} is not the one that was listed: run the stage metadata again")
    return io.BufferedReader(part)


def _is_as_listed(file: io.FileIO, place: Locator) -> bool:
    """Whether the header of a member of that size stands right before it, and all of it is there."""
    file.seek(max(place.first - tarfile.BLOCKSIZE, 0))
    try:
        header = tarfile.TarInfo.frombuf(file.read(tarfile.BLOCKSIZE), "utf-8", "surrogateescape")
    except tarfile.HeaderError:
        return False
    return header.size == place.second and os.fstat(file.fileno()).st_size >= place.first + place.second


def _expect_end(path: str, file: BinaryIO, offset: int, listed: int) -> None:
    """tarfile takes a damaged header for the end: a real end is a block of zeros."""
    file.seek(offset)
    block = file.read(tarfile.BLOCKSIZE)
    if len(block) < tarfile.BLOCKSIZE:
        _cut(path, listed)
    if block.strip(b"\0"):
        raise PslError(f"the tar {path} is damaged after its first {listed} members: the rest is left out, fetch it again")


def _cut(path: str, listed: int) -> NoReturn:
    raise PslError(f"the tar {path} is cut off after its first {listed} members: the rest is left out, fetch it again")


class _Part(io.RawIOBase):
    """A stretch of a file as a file."""

    def __init__(self, file: io.FileIO, first: int, size: int) -> None:
        self._file, self._first, self._size, self._at = file, first, size, 0

    def readable(self) -> bool:
        return True

    def seekable(self) -> bool:
        return True

    def seek(self, offset: int, whence: int = os.SEEK_SET) -> int:
        self._at = max(0, offset + {os.SEEK_SET: 0, os.SEEK_CUR: self._at, os.SEEK_END: self._size}[whence])
        return self._at

    def readinto(self, buffer: memoryview) -> int:  # type: ignore[override]
        self._file.seek(self._first + self._at)
        read = self._file.readinto(memoryview(buffer)[: max(0, self._size - self._at)])
        self._at += read
        return read

    def close(self) -> None:
        self._file.close()
        super().close()
