"""Every file in DVC's cache hashed anew: which are damaged, and whose they are; on demand they are removed.

Removing is the remedy: DVC runs a stage again whose out is not in its cache. `dvc repro --force` is none, because DVC
keeps an object that is there.
"""

import os
from collections.abc import Iterable, Iterator, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

from flows.dvc_patches import locked_repo
from flows.graph import PROJECT
from flows.repository import flow_lock
from psl.runtime.cores import cores
from psl.runtime.errors import PslError
from psl.runtime.progress import log, track
from tasks.dvc_cache import OBJECT, CachedFile, cache_folder, cached_files, differs, md5_of
from tasks.stage import DATA, REPORTS, SHARDS

MEGABYTE = 1_000_000


def verify(delete: bool) -> None:
    """Name the damaged files of the cache, and those of its copies in the stages' outs, with their stages.

    With `delete` they are removed, with all links to them in data/, reports/ and .shards/.
    Raises PslError where some are damaged and stay.
    """
    if not PROJECT.exists():
        raise PslError(f"{PROJECT} is not in {Path.cwd()}: run from the root of the repository")
    cache = cache_folder()
    outs = list(cached_files(cache))
    files = {path: md5_of(path) for path in _objects(cache)} | {out.path: md5_of(out.cached) for out in _copies(outs)}
    damaged = damaged_files(files)
    if not damaged:
        print(f"all {len(files)} files of {cache} are intact")
        return
    owners = _owners(outs)
    for path in damaged:
        print(f"damaged: {owners.get(path, f'{path}, which no stage in dvc.lock has (of an earlier run)')}")
    if not delete:
        raise PslError(
            f"{len(damaged)} of {len(files)} files are damaged: `python -m flows verify --delete` removes them, and "
            "`make repro` makes them anew"
        )
    with flow_lock(), locked_repo():
        links = _remove(damaged) - len(damaged)
    log(f"{len(damaged)} files and {links} links to them are removed: `make repro` makes them anew")


def damaged_files(md5: Mapping[Path, str]) -> list[Path]:
    """The files whose bytes are not those of their MD5, read on all cores."""
    sizes = {path: path.stat().st_size for path in md5}
    with ThreadPoolExecutor(cores()) as pool:
        found = zip(sizes, pool.map(lambda path: differs(path, md5[path]), sizes), strict=True)
        shown = track(found, "verified, MB", sum(sizes.values()), lambda item: sizes[item[0]], scale=MEGABYTE)
        return [path for path, is_damaged in shown if is_damaged]


def _objects(cache: Path) -> Iterator[Path]:
    for path in sorted(cache.glob("*/*")):
        if OBJECT.fullmatch(f"{path.parent.name}/{path.name}"):
            yield path


def _copies(outs: Iterable[CachedFile]) -> Iterator[CachedFile]:
    """Files of outs that are no links to their object; where the object is missing, DVC runs the stage anyway."""
    for out in outs:
        if out.path.is_file() and out.cached.exists() and not out.path.samefile(out.cached):
            yield out


def _owners(outs: Iterable[CachedFile]) -> Mapping[Path, str]:
    """What to say of an object: the files that it is, each with its stage; and of a file."""
    owners: dict[Path, list[str]] = {}
    for out in outs:
        for path in (out.cached, out.path):
            owners.setdefault(path, []).append(f"{out.path} of {out.stage}")
    return {path: ", ".join(dict.fromkeys(names)) for path, names in owners.items()}


def _remove(damaged: Sequence[Path]) -> int:
    """Remove the files and all links to them; how many files these were."""
    inodes = {_inode(path) for path in damaged}
    links = {path for path in _files(DATA, REPORTS, SHARDS) if _inode(path) in inodes}
    paths = {path.absolute() for path in (*damaged, *links)}
    for path in paths:
        path.unlink()
    return len(paths)


def _inode(path: Path) -> tuple[int, int]:
    found = path.lstat()
    return found.st_dev, found.st_ino


def _files(*folders: Path) -> Iterator[Path]:
    for folder in folders:
        for root, _, names in os.walk(folder):
            yield from (Path(root, name) for name in names)
