"""Files that are either whole or not there: temporary name, fsync, rename; and the hashes that name them."""

import contextlib
import errno
import fcntl
import hashlib
import json
import os
import shutil
from collections.abc import Iterator
from importlib import import_module
from pathlib import Path
from typing import Any

import psutil

from psl.errors import PslError

PART = ".part"  # the end of temporary names
FULL_BYTES = 65_536  # a disk with less than this free is full


@contextlib.contextmanager
def write_whole(path: Path) -> Iterator[Path]:
    """Yield a temporary path beside `path`; it becomes `path` when the block ends well, and vanishes when not."""
    path.parent.mkdir(parents=True, exist_ok=True)
    temporary = _temporary(path)
    try:
        with _no_space_as_sentence(path):
            yield temporary
            _fsync(temporary)
            os.replace(temporary, path)
            _fsync(path.parent)
    finally:
        temporary.unlink(missing_ok=True)


@contextlib.contextmanager
def write_whole_folder(folder: Path) -> Iterator[Path]:
    """Yield a temporary folder beside `folder`; it takes the place of `folder` when the block ends well."""
    folder.parent.mkdir(parents=True, exist_ok=True)
    temporary, old = _temporary(folder), _temporary(folder.with_name(f"{folder.name}.old"))
    shutil.rmtree(temporary, ignore_errors=True)
    try:
        with _no_space_as_sentence(folder):
            temporary.mkdir()
            yield temporary
            for path in sorted(temporary.rglob("*")):
                _fsync(path)
            if folder.exists():
                os.replace(folder, old)
            os.replace(temporary, folder)
            _fsync(folder.parent)
    finally:
        shutil.rmtree(temporary, ignore_errors=True)
        shutil.rmtree(old, ignore_errors=True)


def clear_parts(root: Path, depth: int) -> None:
    """Remove what killed processes left half-written in `root` and in the folders down to `depth` below it."""
    for level in range(depth + 1):
        for path in root.glob("*/" * level + f".*{PART}"):
            pid = path.name.split(".")[-2]
            if pid.isdigit() and not alive(int(pid)):  # other names are somebody else's
                shutil.rmtree(path) if path.is_dir() else path.unlink(missing_ok=True)


def alive(pid: int) -> bool:
    """Whether the process is at work: not one that was killed and is listed until its parent asks for its exit code (a zombie)."""
    try:
        return psutil.Process(pid).status() != psutil.STATUS_ZOMBIE
    except psutil.NoSuchProcess:
        return False


@contextlib.contextmanager
def only_one(lock: Path, what: str) -> Iterator[None]:
    """Hold `lock` while the block runs. Raises PslError when another process holds it."""
    lock.parent.mkdir(parents=True, exist_ok=True)
    with lock.open("w") as handle:
        try:
            fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            raise PslError(f"{what} is already running here (it holds {lock}): wait for it to end, or stop it") from None
        yield


def hash_file(path: Path) -> str:
    """The 128-bit BLAKE2 hash of a file's bytes, in hex."""
    with path.open("rb") as handle:
        return hashlib.file_digest(handle, lambda: hashlib.blake2b(digest_size=16)).hexdigest()


def hash_json(value: Any) -> str:
    """The 128-bit BLAKE2 hash of a JSON value with sorted keys, in hex."""
    text = json.dumps(value, sort_keys=True, separators=(",", ":"), ensure_ascii=False)
    return hashlib.blake2b(text.encode(), digest_size=16).hexdigest()


def hash_code(*modules: str) -> str:
    """Hash of the source of these modules, of packages with all that is in them: what a cache must not outlive."""
    files = [Path(str(import_module(name).__file__)) for name in modules]
    sources = [source for file in files for source in (sorted(file.parent.rglob("*.py")) if file.name == "__init__.py" else [file])]
    return hash_json([hash_file(source) for source in sources])


def write_json(path: Path, value: Any) -> None:
    """Write `value` as JSON with sorted keys, whole or not at all. Same value, same bytes."""
    write_text(path, json.dumps(value, sort_keys=True, indent=2, ensure_ascii=False) + "\n")


def write_text(path: Path, text: str) -> None:
    """Write `text` as UTF-8, whole or not at all."""
    with write_whole(path) as temporary:
        temporary.write_text(text, encoding="utf-8")


def _temporary(path: Path) -> Path:
    return path.with_name(f".{path.name}.{os.getpid()}{PART}")


def _fsync(path: Path) -> None:
    descriptor = os.open(path, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)


@contextlib.contextmanager
def _no_space_as_sentence(path: Path) -> Iterator[None]:
    """Libraries tell of a full disk in their own ways: by an error number, by words, or not at all (torch, libsndfile, numpy)."""
    try:
        yield
    except PslError:
        raise
    except Exception as error:
        told = getattr(error, "errno", None) in (errno.ENOSPC, errno.EDQUOT) or "No space left" in str(error)
        if not told and shutil.disk_usage(path.parent).free >= FULL_BYTES:
            raise
        raise PslError(f"no space left on the disk of {path}: free some and run again; nothing half-written was kept") from error
