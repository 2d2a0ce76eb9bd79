"""A bank of isolated recordings with their classes and sources, read from a folder with one folder per class."""

import re
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Protocol

import numpy as np
import numpy.typing as npt

from psl.audio.decode import decode_clip, read_clip
from psl.audio.places.names import BY_LIBSNDFILE
from psl.corpora.synthetic.esc_classes import class_of
from psl.io.metadata.vocabulary import Vocabulary
from psl.runtime.errors import PslError

FORBIDDEN = ',"'  # in class names
TAKE = re.compile(r"(?P<source>(?P<fold>\d+|[^-])-.+)-[^-]+")  # ESC's names: fold-freesoundid-take


@dataclass(frozen=True)
class Recording:
    """One isolated sound of a bank."""

    mid: str
    name: str  # unique in the bank
    source: str  # takes of one source carry the same
    fold: str | None


class Bank(Protocol):
    """What scenes are built from."""

    @property
    def vocabulary(self) -> Vocabulary:
        """The classes, in order."""

    @property
    def recordings(self) -> Sequence[Recording]:
        """All recordings, in order."""

    def read(self, recording: Recording, rate_hz: int) -> npt.NDArray[np.float32]:
        """The whole recording, mono, shape (T,)."""


class FolderBank:
    """A folder with one folder per class.

    In names like `1-187207-A.ogg` the number (or one character) in front is the fold, and takes of one source differ
    after the last `-`. Any other name is a source of its own, without a fold. Folders with the names of ESC-50's
    classes get AudioSet's class id and name; other classes have their folder's name as id.
    """

    def __init__(self, folder: Path) -> None:
        if not folder.is_dir():
            raise PslError(
                f"the bank {folder} is not a folder: "
                "give `procedural`, a folder with one folder of recordings per class, or ESC-50 as it is published"
            )
        self.folder = folder
        classes = sorted(path for path in folder.iterdir() if path.is_dir() and not path.name.startswith("."))
        if not classes:
            raise PslError(f"the bank {folder} is empty: it needs one folder of recordings per class")
        for path in classes:
            if path.name != path.name.strip() or set(path.name) & set(FORBIDDEN):
                raise PslError(
                    f"the class folder {path} of the bank has {FORBIDDEN} or outer spaces in its name, "
                    "which the lists cannot hold: rename it"
                )
        classes_named = [class_of(path.name) for path in classes]
        self.vocabulary = Vocabulary(tuple(mid for mid, _ in classes_named), tuple(name for _, name in classes_named))
        self.recordings = [
            recording
            for path, mid in zip(classes, self.vocabulary.mids, strict=True)
            for recording in _recordings(path, mid)
        ]

    def read(self, recording: Recording, rate_hz: int) -> npt.NDArray[np.float32]:
        """The whole file, mono, shape (T,). Raises PslError when it cannot be read."""
        return read_recording(self.folder / recording.name, rate_hz)


def read_recording(path: Path, rate_hz: int) -> npt.NDArray[np.float32]:
    """A whole file, mono, shape (T,): its loudest channel where the channels cancel each other, else their mean."""
    clip = decode_clip(path, 0.0, None, rate_hz)
    return read_clip(path, 0.0, None, rate_hz, channel="loudest") if clip.cancelled_peak else clip.x_T


def _recordings(folder: Path, mid: str) -> list[Recording]:
    """The recordings of one class. Raises PslError when there are none."""
    paths = sorted(
        path for path in folder.iterdir() if path.suffix.lower() in BY_LIBSNDFILE and not path.name.startswith(".")
    )
    if not paths:
        suffixes = ", ".join(sorted(BY_LIBSNDFILE))
        raise PslError(f"the class folder {folder} of the bank has no file of {suffixes}: add some or remove it")
    return [_recording(path, mid) for path in paths]


def _recording(path: Path, mid: str) -> Recording:
    name = f"{path.parent.name}/{path.name}"
    take = TAKE.fullmatch(path.stem)
    if take is None:
        return Recording(mid, name, f"{path.parent.name}/{path.stem}", None)
    return Recording(mid, name, take["source"], take["fold"])
