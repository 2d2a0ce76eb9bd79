"""Folders of audio: every file below a folder, in the order of the names, including linked folders."""

import os
from collections.abc import Callable, Iterator
from pathlib import Path


def files(folder: Path, report: Callable[[str], None]) -> Iterator[tuple[str, str]]:
    """(folder, name) of every file below `folder`; for each folder that cannot be listed, `report` gets a sentence.

    Links to folders are followed; each folder is listed once.
    """
    visited: set[tuple[int, int]] = set()
    walk = os.walk(os.path.abspath(folder), followlinks=True, onerror=lambda error: report(_cannot_list(error)))
    for path, subfolders, names in walk:
        if _is_first_visit(path, visited, report) and _is_utf8(path, report):
            subfolders.sort()
            for name in sorted(names):
                yield path, name
        else:
            subfolders.clear()


def _cannot_list(error: OSError) -> str:
    return f"the folder {error.filename} cannot be listed ({error.strerror}): its audio is left out"


def _is_first_visit(path: str, visited: set[tuple[int, int]], report: Callable[[str], None]) -> bool:
    try:
        status = os.stat(path)
    except OSError as error:
        report(_cannot_list(error))
        return False
    key = (status.st_dev, status.st_ino)
    is_first = key not in visited
    visited.add(key)
    return is_first


def _is_utf8(path: str, report: Callable[[str], None]) -> bool:
    """Whether a manifest, which is UTF-8, can contain the name."""
    try:
        path.encode()
    except UnicodeEncodeError:
        shown = path.encode(errors="backslashreplace").decode()
        report(f"the name of the folder {shown} is not UTF-8: its audio is left out, rename it")
        return False
    return True
