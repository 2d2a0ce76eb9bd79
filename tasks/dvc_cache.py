"""Files that dvc.lock records and DVC's cache keeps, and whether their bytes are still those that were written.

DVC trusts its cache: an object whose bytes changed on the disk is restored, and what is made of it called up to date.
"""

import errno
import hashlib
import json
import re
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import NamedTuple

from ruamel.yaml import YAML

LOCK = Path("dvc.lock")
DIR = ".dir"  # ends the name of an object that lists the files of a folder
OBJECT = re.compile(r"[0-9a-f]{2}/[0-9a-f]{30}(\.dir)?")
NAMED = re.compile(r"\bdata/[^\s:;,()'`]+")  # a file or folder in a message
REMEDY = "`python -m flows verify --delete` removes what is damaged, and the next run makes it anew"


class CachedFile(NamedTuple):
    """A file, or the list of a folder's files, that a stage wrote."""

    stage: str
    path: Path
    cached: Path  # the object, which the file is a hard link to, or a copy of


def cache_folder() -> Path:
    """The folder of objects of the repository in the current folder."""
    from dvc.repo import Repo  # half a second, which only faults need

    with Repo(".") as repo:
        return Path(repo.cache.local.path)


def cached_files(cache: Path) -> Iterator[CachedFile]:
    """The files that dvc.lock records of the stages' outs; of those in folders, if the folder's list can be read."""
    stages = (YAML(typ="safe").load(LOCK.read_text()) or {}).get("stages", {}) if LOCK.exists() else {}
    for stage, entry in stages.items():
        for out in entry.get("outs", []):
            if md5 := out.get("md5"):
                file = CachedFile(stage, Path(out["path"]), object_path(cache, md5))
                yield from (file, *_inside(file, cache))


def object_path(cache: Path, md5: str) -> Path:
    """The object of this hash."""
    return cache / md5[:2] / md5[2:]


def md5_of(cached: Path) -> str:
    """The hash that an object is named after."""
    return f"{cached.parent.name}{cached.name.removesuffix(DIR)}"


def differs(path: Path, md5: str) -> bool:
    """Whether the file's bytes are not those of this MD5, or its disk cannot read them; False where it is missing."""
    try:
        with path.open("rb") as handle:
            return hashlib.file_digest(handle, lambda: hashlib.md5(usedforsecurity=False)).hexdigest() != md5
    except FileNotFoundError:
        return False
    except OSError as error:
        if error.errno != errno.EIO:
            raise
        return True


def remedy_for(message: str) -> str:
    """What else to say of a stage that failed with `message`: nothing unless a file in it is damaged in the cache."""
    named = [Path(text.rstrip(".")) for text in NAMED.findall(message)]
    if not (named and LOCK.exists()):
        return ""
    files = [file for file in cached_files(cache_folder()) if _overlaps(file.path, named)]
    damaged = [file for file in files if differs(file.cached, md5_of(file.cached))]
    if not damaged:
        return ""
    where = ", ".join(dict.fromkeys(f"{file.path} of {file.stage}" for file in damaged))
    return f"; DVC's cache has the same damage ({where}), and `dvc repro` takes it for up to date: {REMEDY}"


def _overlaps(path: Path, others: Iterable[Path]) -> bool:
    """Whether `path` is one of the others, in one, or holds one."""
    return any(path == other or path in other.parents or other in path.parents for other in others)


def _inside(folder: CachedFile, cache: Path) -> Iterator[CachedFile]:
    if folder.cached.suffix == DIR:
        try:
            files = [(file["relpath"], file["md5"]) for file in json.loads(folder.cached.read_bytes())]
        except (FileNotFoundError, ValueError, KeyError, TypeError):
            return
        for name, md5 in files:
            yield CachedFile(folder.stage, folder.path / name, object_path(cache, md5))
