"""Where each wanted clip's audio lies: the folder is walked once, and names are matched with clips."""

import os
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path
from typing import NamedTuple

import numpy as np
import numpy.typing as npt

from psl.audio_places import folder, hdf5, parquet, tar
from psl.audio_places.locators import CONTAINERS, HDF5, PARQUET, TAR
from psl.audio_places.names import SUFFIXES, Clip, Clips, Meaning, accepted_stems, meanings, stem_of
from psl.errors import PslError
from psl.progress import say

COMPRESSED = (".tar.gz", ".tgz", ".tar.bz2", ".tar.xz", ".tar.zst")
KINDS = (*SUFFIXES, *TAR, *PARQUET, *HDF5)  # of places, the one that is preferred first
NONE_YET = 2 * len(KINDS)
FAULTS_SAID = 5

_LIST: dict[str, Callable[[str], Iterator[tuple[str, str]]]] = {
    **dict.fromkeys(TAR, tar.members),
    **dict.fromkeys(PARQUET, parquet.rows),
    **dict.fromkeys(HDF5, hdf5.rows),
}


class Found(NamedTuple):
    """Audio that bears a clip's name."""

    locator: str
    is_cut: bool  # the name says the clip's start: the audio is the clip itself. Without one it may be the whole recording


class Places(NamedTuple):
    """What a search found; as columns, since there may be millions of clips."""

    locators: list[str | None]  # of each clip that was asked for, in that order
    is_cut_N: npt.NDArray[np.bool_]
    copies: int  # further places of clips that are found already
    faults: list[str]  # what could not be listed, a sentence each

    @property
    def found(self) -> list[Found | None]:
        """The columns as rows."""
        pairs = zip(self.locators, self.is_cut_N.tolist(), strict=True)
        return [None if locator is None else Found(locator, is_cut) for locator, is_cut in pairs]


def find_places(audio: Path, clips: Sequence[Clip]) -> Places:
    """The audio of each clip, anywhere below the folder `audio`: files, and rows and members of containers; nothing is decoded.

    Of several places of a clip one is taken: names that say the clip's start come before those that do not, then the
    order of KINDS (files before tar, Parquet and HDF5; WAV, FLAC, Ogg, MP3 before what FFmpeg reads), then the order of
    the folders' and the files' names. Missing clips, copies and faults are counted aloud.
    Raises PslError when the folder does not exist.
    """
    if not audio.is_dir():
        raise PslError(f"the audio folder {audio} does not exist: give the folder that holds the clips' audio")
    search = Search(clips)
    for place, name in folder.files(audio, search.faults.append):
        suffix = os.path.splitext(name)[1].lower()
        if suffix in SUFFIXES:
            search.take(stem_of(name), suffix, f"{place}/{name}")
        elif suffix in CONTAINERS:
            _take_container(search, f"{place}/{name}", suffix)
        elif name.lower().endswith(COMPRESSED):
            search.faults.append(f"{place}/{name} is compressed, so its members cannot be read where they lie: unpack it to a .tar")
    places = search.places()
    _tell(audio, clips, places)
    return places


class Search:
    """Clips, and the best place of each so far."""

    def __init__(self, clips: Sequence[Clip]) -> None:
        self.clips, self.faults, self.copies = Clips.of(clips), list[str](), 0
        self._locators: list[str | None] = [None] * len(clips)
        self._rank_N = np.full(len(clips), NONE_YET, np.uint8)
        self._rows_of: dict[str, int | tuple[int, ...]] = {}
        for row, name in enumerate(self.clips.names):
            others = self._rows_of.get(name)
            self._rows_of[name] = row if others is None else (*_several(others), row)

    def take(self, stem: str, suffix: str, locator: str) -> None:
        """Note that audio with this name lies there; `suffix` is the file's or the container's."""
        for meaning in meanings(stem, self._rows_of):
            fitting = [row for row in _several(self._rows_of[meaning.name]) if meaning.fits(self.clips[row])]
            for row in fitting:
                self._note(row, meaning, suffix, locator)
            if fitting:
                return

    def _note(self, row: int, meaning: Meaning, suffix: str, locator: str) -> None:
        rank = KINDS.index(suffix) + (len(KINDS) if meaning.start_ms is None else 0)
        self.copies += self._locators[row] is not None
        if rank < self._rank_N[row]:
            self._rank_N[row], self._locators[row] = rank, locator

    def places(self) -> Places:
        """The outcome."""
        return Places(self._locators, self._rank_N < len(KINDS), self.copies, self.faults)


def _several(rows: int | tuple[int, ...]) -> tuple[int, ...]:
    return rows if isinstance(rows, tuple) else (rows,)


def _take_container(search: Search, path: str, suffix: str) -> None:
    """All that can be listed; a fault ends this container, not the search."""
    try:
        for name, locator in _LIST[suffix](path):
            search.take(stem_of(name), suffix, locator)
    except PslError as error:
        search.faults.append(str(error))
    except OSError as error:
        search.faults.append(f"{path} cannot be read ({error.strerror}): it is left out")


def _tell(audio: Path, clips: Sequence[Clip], places: Places) -> None:
    missing = places.locators.count(None)
    if missing:
        say(f"{missing} of {len(clips)} clips have no audio in {audio}; the manifest keeps them without a path")
    if missing and missing == len(clips):
        say(f"the first clip was looked for as {', '.join(accepted_stems(clips[0]))}")
    if places.copies:
        say(f"{places.copies} further copies of clips in {audio} are left aside")
    for fault in places.faults[:FAULTS_SAID]:
        say(fault)
    if len(places.faults) > FAULTS_SAID:
        say(f"and {len(places.faults) - FAULTS_SAID} more such faults in {audio}")
