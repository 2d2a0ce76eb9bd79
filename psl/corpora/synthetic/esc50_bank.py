"""A bank that is ESC-50 as it is published: `meta/esc50.csv` beside `audio/`, with the fold and source of each clip."""

from dataclasses import replace
from pathlib import Path

import numpy as np
import numpy.typing as npt

from psl.audio.places.names import BY_LIBSNDFILE
from psl.corpora.synthetic.bank import FORBIDDEN, Recording, read_recording
from psl.corpora.synthetic.esc_classes import class_of
from psl.io.list_files import bad, records
from psl.io.metadata.vocabulary import Vocabulary
from psl.runtime.errors import PslError

META = Path("meta/esc50.csv")
AUDIO = "audio"
COLUMNS = ("filename", "fold", "category", "src_file")  # those that are read; the list has three more
WHERE = "ESC-50 as it unpacks, with meta/esc50.csv beside audio"


class Esc50Bank:
    """The published folder of ESC-50, or one laid out like it; the classes are the categories of its list, by name.

    Recordings have the order, folds and sources that FolderBank gives to the same ones in folders of their classes,
    so both layouts give the same scenes. Classes and their ids are those of psl.corpora.synthetic.esc_classes.
    """

    def __init__(self, folder: Path) -> None:
        """Read the list. Raises PslError that names its line, or a file that it lists and `audio` lacks."""
        self.folder = folder
        recordings_of = _read_list(folder)
        classes = {category: class_of(category) for category in sorted(recordings_of)}
        mids, names = zip(*classes.values(), strict=True)
        self.vocabulary = Vocabulary(mids, names)
        self.recordings = [
            replace(recording, mid=mid)
            for category, (mid, _) in classes.items()
            for recording in sorted(recordings_of[category], key=lambda recording: recording.name)
        ]

    def read(self, recording: Recording, rate_hz: int) -> npt.NDArray[np.float32]:
        """The whole file, mono, shape (T,). Raises PslError when it cannot be read."""
        return read_recording(self.folder / recording.name, rate_hz)


def is_published(folder: Path) -> bool:
    """Whether a bank is laid out as ESC-50 is published, even where its list is missing."""
    meta = folder / META.parent
    if not (meta.is_dir() and (folder / AUDIO).is_dir()):
        return (folder / META).exists()
    return not any(path.suffix.lower() in BY_LIBSNDFILE for path in meta.iterdir())  # else it is a class


def _read_list(folder: Path) -> dict[str, list[Recording]]:
    """The recordings of each category, which is their mid until it is known."""
    path, recordings_of = folder / META, dict[str, list[Recording]]()
    listed: set[str] = set()
    for line, row in records(path, ",", COLUMNS, WHERE):
        filename, fold, category, source = (row[column] for column in COLUMNS)
        if not fold.isdecimal():
            bad(path, line, f"the number of a fold, not {fold!r}")
        if not category or set(category) & set(FORBIDDEN):
            bad(path, line, f"a category without {FORBIDDEN}, not {category!r}")
        if filename in listed:
            bad(path, line, f"every file once, not {filename} again")
        listed.add(filename)
        recording = Recording(category, f"{AUDIO}/{filename}", f"{fold}-{source}", fold)
        recordings_of.setdefault(category, []).append(recording)
    _require_files(folder, sorted(listed))
    return recordings_of


def _require_files(folder: Path, names: list[str]) -> None:
    missing = [name for name in names if not (folder / AUDIO / name).is_file()]
    if missing:
        more = f" and {len(missing) - 1} more" if missing[1:] else ""
        raise PslError(
            f"{folder / META} lists {missing[0]}{more} of {len(names)} files, which {folder / AUDIO} does not hold: "
            "unpack the whole of ESC-50, or take their lines out"
        )
