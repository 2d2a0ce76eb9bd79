"""Files and folders that are complete or absent (temporary name, fsync, rename), and locks."""

import contextlib
import errno
import fcntl
import json
import os
import shutil
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import psutil

from psl.runtime.errors import PslError

PART = ".part"  # the suffix of temporary names
FULL_BYTES = 65_536  # a disk with less free space than this is full


@contextlib.contextmanager
def atomic_write(path: Path) -> Iterator[Path]:
    """Yield a temporary path beside `path`; it is renamed to `path` when the block succeeds, and removed when it fails.

    Raises PslError when the disk is full.
    """
    path.parent.mkdir(parents=True, exist_ok=True)
    temporary = _temporary(path)
    try:
        with _explain_full_disk(path):
            yield temporary
            _fsync(temporary)
            os.replace(temporary, path)
            _fsync(path.parent)
    finally:
        temporary.unlink(missing_ok=True)


@contextlib.contextmanager
def atomic_folder(folder: Path) -> Iterator[Path]:
    """Yield a temporary folder beside `folder`; it replaces `folder` when the block succeeds, else it is removed.

    Raises PslError when the disk is full.
    """
    folder.parent.mkdir(parents=True, exist_ok=True)
    temporary, old = _temporary(folder), _temporary(folder.with_name(f"{folder.name}.old"))
    shutil.rmtree(temporary, ignore_errors=True)
    try:
        with _explain_full_disk(folder):
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


def remove_stale_parts(root: Path, depth: int) -> None:
    """Remove the temporary files of dead processes in `root` and in the folders down to `depth` levels below it."""
    for level in range(depth + 1):
        for path in root.glob("*/" * level + f".*{PART}"):
            pid = path.name.split(".")[-2]
            if pid.isdigit() and not alive(int(pid)):  # other names are not ours
                shutil.rmtree(path) if path.is_dir() else path.unlink(missing_ok=True)


def alive(pid: int) -> bool:
    """Whether the process runs; a zombie, which only waits for its parent to read its exit code, does not."""
    try:
        return psutil.Process(pid).status() != psutil.STATUS_ZOMBIE
    except psutil.NoSuchProcess:
        return False


@contextlib.contextmanager
def file_lock(lock: Path, what: str) -> Iterator[None]:
    """Hold `lock` while the block runs.

    Raises PslError, which calls the holder `what`, when another process holds it.
    """
    lock.parent.mkdir(parents=True, exist_ok=True)
    with lock.open("w") as handle:
        try:
            fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            raise PslError(
                f"{what} is already running here (it holds {lock}): wait for it to end, or stop it"
            ) from None
        yield


@contextlib.contextmanager
def wait_for_lock(lock: Path) -> Iterator[None]:
    """Hold `lock` while the block runs; while another process holds it, wait."""
    lock.parent.mkdir(parents=True, exist_ok=True)
    with lock.open("w") as handle:
        fcntl.flock(handle, fcntl.LOCK_EX)
        yield


def write_json(path: Path, value: Any) -> None:
    """Write `value` as JSON with sorted keys, completely or not at all. Same value, same bytes."""
    write_text(path, json.dumps(value, sort_keys=True, indent=2, ensure_ascii=False) + "\n")


def write_text(path: Path, text: str) -> None:
    """Write `text` as UTF-8, completely or not at all."""
    with atomic_write(path) as temporary:
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
def _explain_full_disk(path: Path) -> Iterator[None]:
    """Raise PslError for a full disk, which libraries report by number, by words, or not at all (torch, numpy)."""
    try:
        yield
    except PslError:
        raise
    except Exception as error:
        says_full = getattr(error, "errno", None) in (errno.ENOSPC, errno.EDQUOT) or "No space left" in str(error)
        if not says_full and shutil.disk_usage(path.parent).free >= FULL_BYTES:
            raise
        raise PslError(
            f"no space left on the disk of {path}: free some and run again; incomplete files were removed"
        ) from error
