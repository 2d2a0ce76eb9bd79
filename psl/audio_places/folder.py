"""Folders of audio: every file below a folder, in the order of names, linked folders too."""

import os
from collections.abc import Callable, Iterator
from pathlib import Path


def files(folder: Path, tell: Callable[[str], None]) -> Iterator[tuple[str, str]]:
    """(place, name) of every file below `folder`; what cannot be entered is told in a sentence.

    Links to folders are followed, each folder is entered once.
    """
    entered: set[tuple[int, int]] = set()
    walk = os.walk(os.path.abspath(folder), followlinks=True, onerror=lambda error: tell(_refused(error)))
    for place, folders, names in walk:
        if _first_time(place, entered, tell) and _writable_as_text(place, tell):
            folders.sort()
            for name in sorted(names):
                yield place, name
        else:
            folders.clear()


def _refused(error: OSError) -> str:
    return f"the folder {error.filename} cannot be listed ({error.strerror}): its audio is left out"


def _first_time(place: str, entered: set[tuple[int, int]], tell: Callable[[str], None]) -> bool:
    try:
        status = os.stat(place)
    except OSError as error:
        tell(_refused(error))
        return False
    key = (status.st_dev, status.st_ino)
    new = key not in entered
    entered.add(key)
    return new


def _writable_as_text(place: str, tell: Callable[[str], None]) -> bool:
    """A manifest is UTF-8, and cannot name what is not."""
    try:
        place.encode()
    except UnicodeEncodeError:
        tell(f"the name of the folder {place.encode(errors='backslashreplace').decode()} is not UTF-8: its audio is left out, rename it")
        return False
    return True
