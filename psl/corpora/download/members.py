"""The members of a zip, split zip or tar archive: name, kind, size, bytes."""

import stat
import tarfile
import zipfile
from collections.abc import Callable, Iterator, Sequence
from contextlib import ExitStack
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import IO

from psl.corpora.download.split_zip import join_parts

ENCRYPTED = 1  # bit of a zip member's flags
ROOT_NAME = "."  # of the packed folder itself, in a tar
READ_BYTES = 2**20
KINDS = {
    stat.S_IFLNK: "a symbolic link",
    stat.S_IFCHR: "a device",
    stat.S_IFBLK: "a device",
    stat.S_IFIFO: "a pipe",
    stat.S_IFSOCK: "a socket",
}


@dataclass(frozen=True)
class Member:
    """`kind` is "file", "folder" or a description of anything else; `size` is in unpacked bytes; `open` reads them."""

    name: str
    kind: str
    size: int
    open: Callable[[], IO[bytes]]


def read_members(parts: Sequence[Path]) -> Iterator[Member]:
    """The members in the archive's order; each can be opened until the next is requested."""
    return _tar(parts[-1]) if tarfile.is_tarfile(parts[-1]) else _zip(parts)


def _zip(parts: Sequence[Path]) -> Iterator[Member]:
    with ExitStack() as stack:
        stream = stack.enter_context(join_parts(parts) if len(parts) > 1 else parts[0].open("rb"))
        archive = stack.enter_context(zipfile.ZipFile(stream))
        for info in archive.infolist():
            yield Member(info.filename, _zip_kind(info), info.file_size, partial(archive.open, info))


def _zip_kind(info: zipfile.ZipInfo) -> str:
    if info.flag_bits & ENCRYPTED:
        return "locked with a password"
    mode = stat.S_IFMT(info.external_attr >> 16)
    return KINDS.get(mode) or ("folder" if info.is_dir() else "file")


def _tar(path: Path) -> Iterator[Member]:
    with tarfile.open(path) as archive:
        for info in archive:
            if info.name != ROOT_NAME:
                read = partial(archive.extractfile, info)
                yield Member(info.name, _tar_kind(info), info.size, read)  # type: ignore[arg-type]
        _expect_end(archive)


def _expect_end(archive: tarfile.TarFile) -> None:
    """Check a tar's end: tarfile takes a damaged header for it, and does not reach the compression's checksum."""
    stream = archive.fileobj
    assert stream is not None
    stream.seek(archive.offset)
    if stream.read(tarfile.BLOCKSIZE) != bytes(tarfile.BLOCKSIZE):
        raise tarfile.ReadError("it is damaged or cut off behind its last whole member")
    while stream.read(READ_BYTES):
        pass


def _tar_kind(info: tarfile.TarInfo) -> str:
    if info.isreg():
        return "file"
    if info.isdir():
        return "folder"
    return (
        "a symbolic link"
        if info.issym()
        else "a hard link"
        if info.islnk()
        else "a device"
        if info.isdev()
        else "of an unknown kind"
    )
