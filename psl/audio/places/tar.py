"""Tar shards, as in WebDataset: list the members once, then read them in place.

Nothing is unpacked.
"""

import io
import os
import tarfile
from collections.abc import Iterator
from typing import BinaryIO, NoReturn

from psl.audio.places.locators import Locator, format_locator
from psl.audio.places.names import SUFFIXES
from psl.audio.spliced import Spliced
from psl.runtime.errors import PslError


def members(path: str) -> Iterator[tuple[str, str]]:
    """(name, locator) of each audio file in the tar at `path`; only headers are read.

    Raises PslError, after the complete members, when the tar is truncated or damaged.
    """
    size, n_listed = os.path.getsize(path), 0
    try:
        with open(path, "rb") as file, tarfile.open(fileobj=file, mode="r:") as tar:
            while member := tar.next():
                tar.members = []  # type: ignore[attr-defined]  # or all headers stay in memory
                if member.offset_data + member.size > size:
                    _refuse_truncated(path, n_listed)
                n_listed += 1
                if member.isreg() and not member.issparse() and member.name.lower().endswith(SUFFIXES):
                    yield member.name, format_locator(path, member.offset_data, member.size)
            _require_end(path, file, tar.offset, n_listed)
    except tarfile.TarError as error:
        raise PslError(
            f"the tar {path} cannot be read beyond its first {n_listed} members ({error}): fetch it again"
        ) from None


def open_member(locator: Locator) -> BinaryIO:
    """The member's bytes as a file. Raises PslError when the tar is gone, or has changed since it was listed."""
    try:
        file = io.FileIO(locator.file)
    except FileNotFoundError:
        raise PslError(f"the tar {locator.file} does not exist") from None
    member = Spliced(file, [(locator.first, locator.first + locator.second)])
    if not _is_as_listed(file, locator):
        member.close()
        raise PslError(f"the tar {locator.file} is not the one that was listed: run the stage metadata again")
    return io.BufferedReader(member)


def _is_as_listed(file: io.FileIO, locator: Locator) -> bool:
    """Whether the header of a member of that size is right before it, and the member is complete."""
    file.seek(max(locator.first - tarfile.BLOCKSIZE, 0))
    try:
        header = tarfile.TarInfo.frombuf(file.read(tarfile.BLOCKSIZE), "utf-8", "surrogateescape")
    except tarfile.HeaderError:
        return False
    is_complete = os.fstat(file.fileno()).st_size >= locator.first + locator.second
    return header.size == locator.second and is_complete


def _require_end(path: str, file: BinaryIO, offset: int, n_listed: int) -> None:
    """Raise PslError unless a block of zeros is at `offset`: tarfile mistakes a damaged header for the end."""
    file.seek(offset)
    block = file.read(tarfile.BLOCKSIZE)
    if len(block) < tarfile.BLOCKSIZE:
        _refuse_truncated(path, n_listed)
    if block.strip(b"\0"):
        raise PslError(
            f"the tar {path} is damaged after its first {n_listed} members: the rest is left out, fetch it again"
        )


def _refuse_truncated(path: str, n_listed: int) -> NoReturn:
    raise PslError(
        f"the tar {path} is cut off after its first {n_listed} members: the rest is left out, fetch it again"
    )
