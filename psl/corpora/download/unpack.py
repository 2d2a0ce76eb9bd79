"""Unpacks archives into a temporary folder that is renamed at the end, and never outside it."""

import os
import re
import shutil
import struct
import tarfile
import zipfile
import zlib
from collections.abc import Sequence
from lzma import LZMAError
from pathlib import Path, PurePosixPath

from psl.corpora.download.members import Member, read_members
from psl.io.files import atomic_folder
from psl.runtime.errors import PslError
from psl.runtime.progress import track

# Limits, so that a small archive cannot fill the disk: audio compresses to a half, text to a tenth.
MAX_RATIO = 100  # unpacked size over packed size
ALWAYS_ALLOWED = 64 * 2**20  # bytes, at any ratio
MAX_MEMBERS = 1_000_000
MAX_NAME, MAX_PATH = 255, 1024  # bytes of a part of a name, and of all of it
MAC_FOLDER = "__MACOSX"  # metadata that macOS adds to archives
BROKEN = (
    zipfile.BadZipFile,
    tarfile.TarError,
    zlib.error,
    LZMAError,
    EOFError,
    NotImplementedError,
    RuntimeError,
    ValueError,
    OverflowError,
    struct.error,
)


def unpack(parts: Sequence[Path], target: Path) -> None:
    """Unpack an archive, its parts in order, to the folder `target`, whole or not at all.

    A top folder in the archive with `target`'s name is `target` itself. Raises PslError that names archive, member and
    cause for an archive that is broken, too large, or has members outside the target.
    """
    archive = parts[-1]
    try:
        with atomic_folder(target) as temporary:
            _write_members(parts, temporary)
            _flatten_top_folder(temporary, target.name)
    except (FileExistsError, NotADirectoryError) as error:
        duplicate = _name_in_archive(target, error.filename)
        raise PslError(
            f"the archive {archive} holds {duplicate} twice, or as a file and as a folder: nothing of it was kept"
        ) from None
    except (*BROKEN, OSError) as error:
        if isinstance(error, OSError) and error.errno is not None:
            raise  # a fault of the disk; those of gzip and bz2 have no errno
        raise PslError(
            f"the archive {archive} is broken ({error}): delete it with its other parts and fetch it again"
        ) from None


def member_path(name: str) -> PurePosixPath:
    """The relative path of a member. Raises ValueError that says what is wrong with its name.

    >>> member_path("FSD50K.doc/./README.md")
    PurePosixPath('FSD50K.doc/README.md')
    """
    path = PurePosixPath(name)
    if path.is_absolute() or re.match(r"[A-Za-z]:", name):
        raise ValueError("has an absolute name")
    if ".." in path.parts:
        raise ValueError("would lie outside the folder")
    if "\\" in name or any(ord(letter) < 32 for letter in name):
        raise ValueError("has a backslash or a control character in its name")
    if not path.parts:
        raise ValueError("has no name")
    if len(os.fsencode(name)) > MAX_PATH or any(len(os.fsencode(part)) > MAX_NAME for part in path.parts):
        raise ValueError(f"has a name of more than {MAX_NAME} bytes, or {MAX_PATH} with its folders")
    return path


def _write_members(parts: Sequence[Path], folder: Path) -> None:
    limit = max(MAX_RATIO * sum(part.stat().st_size for part in parts), ALWAYS_ALLOWED)
    total = 0
    members = track(read_members(parts), f"files of {parts[-1].name}", None)
    for count, member in enumerate(members, 1):
        path = _checked_path(parts[-1], member)
        total += member.size
        if total > limit or count > MAX_MEMBERS:
            raise PslError(
                f"the archive {parts[-1]} would unpack to more than {limit / 1e6:.0f} MB or {MAX_MEMBERS} files, "
                "which no such archive does: nothing of it was kept"
            )
        if path.parts[0] != MAC_FOLDER:
            _write(member, folder / path)


def _checked_path(archive: Path, member: Member) -> PurePosixPath:
    try:
        if member.kind not in ("file", "folder"):
            raise ValueError(f"is {member.kind}")
        return member_path(member.name)
    except ValueError as error:
        shown = member.name if len(member.name) < 80 else f"{member.name[:80]}…"
        raise PslError(
            f"the archive {archive} is refused, its member {shown!r} {error}: nothing of it was kept"
        ) from None


def _write(member: Member, path: Path) -> None:
    if member.kind == "folder":
        path.mkdir(parents=True, exist_ok=True)
        return
    path.parent.mkdir(parents=True, exist_ok=True)
    with member.open() as source, path.open("xb") as sink:
        shutil.copyfileobj(source, sink, 2**20)


def _flatten_top_folder(folder: Path, name: str) -> None:
    """Move the contents of the archive's only top folder up when it is called `name`."""
    if [path.name for path in folder.iterdir()] == [name] and (folder / name).is_dir():
        top = folder / f".{name}.top"
        os.replace(folder / name, top)
        for path in top.iterdir():
            os.replace(path, folder / path.name)
        top.rmdir()


def _name_in_archive(target: Path, name: str) -> str:
    """The part of a temporary file's path that comes from the archive."""
    return "/".join(
        Path(name).relative_to(target.parent.absolute() if os.path.isabs(name) else target.parent).parts[1:]
    )
