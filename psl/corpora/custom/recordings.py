"""The recordings in a person's folder; names that no list can hold are faults."""

import os
from pathlib import Path, PurePosixPath

from psl.audio.places import folder as audio_folder
from psl.audio.places.names import SUFFIXES

UNREAD = (".aif", ".aiff", ".amr", ".au", ".caf", ".mka", ".mov", ".oga", ".wma", ".wv")  # audio that psl does not read


def audio_files(folder: Path, faults: list[str]) -> list[str]:
    """Audio files by their names, at any depth and in linked folders, but hidden ones; relative to `folder`, sorted.

    Folders that cannot be listed and names that no list can hold are added to `faults`.
    """
    base = os.path.abspath(folder)
    places = ((os.path.relpath(place, base), name) for place, name in audio_folder.files(folder, faults.append))
    paths = [PurePosixPath(place, name) for place, name in places if is_audio(name)]
    files = sorted(str(path) for path in paths if not any(part.startswith(".") for part in path.parts))
    fault_of = {file: fault for file in files if (fault := no_list_holds(file))}
    faults += [f"the name of the file {printable(file)} {fault}: rename it" for file, fault in fault_of.items()]
    return [file for file in files if file not in fault_of]


def no_list_holds(file: str) -> str | None:
    """Why no list can hold a file's name."""
    if file != file.encode(errors="backslashreplace").decode():
        return "is not UTF-8"
    return "has a line break in it" if {"\n", "\r"} & set(file) else None


def is_audio(name: str) -> bool:
    """Whether a file's name is that of audio, also of formats that psl does not read."""
    return os.path.splitext(name)[1].lower() in (*SUFFIXES, *UNREAD)


def printable(name: str) -> str:
    """The name with what no terminal shows, or no UTF-8 holds, spelt out."""
    return "".join(c if c.isprintable() else ascii(c)[1:-1] for c in name)
