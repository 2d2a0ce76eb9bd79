"""What is tagged: files, the audio files of folders, and standard input, each with a name for its outputs."""

import os
import shutil
import sys
import tempfile
from collections import Counter
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from psl.audio.places.folder import files
from psl.audio.places.names import SUFFIXES
from psl.runtime.errors import PslError
from psl.runtime.progress import log

STDIN = "-"
STDIN_NAME = "stdin"


@dataclass(frozen=True)
class Recording:
    """A file or a part of one, or standard input; `name` is its path below the folder given, or its file name."""

    path: str
    name: str
    start_s: float = 0.0
    end_s: float | None = None  # None: the end of the file

    @contextmanager
    def on_disk(self) -> Iterator[str]:
        """The name of the file with the audio; standard input is copied into a temporary one, which can be read again.

        Raises PslError for a folder, and for a file that does not exist.
        """
        if self.path != STDIN:
            if os.path.isdir(self.path):
                raise PslError(f"{self.path} is a folder: give one recording, or tag the folder by `psl tag`")
            if not os.path.isfile(self.path):
                raise PslError(f"the audio file {self.path} does not exist")
            yield self.path
            return
        with tempfile.NamedTemporaryFile(prefix="psl-", suffix=".audio") as copy:
            shutil.copyfileobj(sys.stdin.buffer, copy)
            copy.flush()
            yield copy.name


def find_recordings(given: Sequence[str]) -> list[Recording]:
    """The recordings that a person gave, in that order, those of a folder by name.

    Raises PslError for a folder without audio, for two recordings of one name, and for one that is given twice.
    """
    recordings = [recording for each in given for recording in _recordings(each)]
    paths = {recording.name: recording.path for recording in reversed(recordings)}
    for name, count in Counter(recording.name for recording in recordings).items():
        if count > 1:
            others = dict.fromkeys(each.path for each in recordings if each.name == name)
            if len(others) == 1:
                raise PslError(f"{paths[name]} is given more than once: give it once, alone or by its folder")
            raise PslError(
                f"{' and '.join(others)} are both called {name}: give the folder above them, or tag {paths[name]} alone"
            )
    return recordings


def _recordings(given: str) -> list[Recording]:
    if given == STDIN:
        return [Recording(STDIN, STDIN_NAME)]
    if not os.path.isdir(given):
        return [Recording(given, Path(given).name)]
    root = os.path.abspath(given)
    paths = [f"{folder}/{name}" for folder, name in files(Path(given), log) if name.lower().endswith(SUFFIXES)]
    if not paths:
        raise PslError(f"the folder {given} holds no audio file ({', '.join(SUFFIXES)}): give one that does")
    return [Recording(os.path.join(given, os.path.relpath(path, root)), os.path.relpath(path, root)) for path in paths]
