"""Find the audio of segments: walk the audio folder once, and match file names with segments."""

import os
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path
from typing import NamedTuple

import numpy as np
import numpy.typing as npt

from psl.audio.places import folder, hdf5, parquet, tar
from psl.audio.places.locators import CONTAINERS, HDF5, PARQUET, TAR
from psl.audio.places.names import SUFFIXES, ParsedName, accepted_stems, parse_name, stem_of
from psl.audio.places.segments import Segment, Segments
from psl.runtime.errors import PslError
from psl.runtime.progress import log

COMPRESSED = (".tar.gz", ".tgz", ".tar.bz2", ".tar.xz", ".tar.zst")
PREFERENCE = (*SUFFIXES, *TAR, *PARQUET, *HDF5)
WORST_RANK = 2 * len(PREFERENCE)
LOGGED_PROBLEMS = 5

_LIST: dict[str, Callable[[str], Iterator[tuple[str, str]]]] = {
    **dict.fromkeys(TAR, tar.members),
    **dict.fromkeys(PARQUET, parquet.rows),
    **dict.fromkeys(HDF5, hdf5.rows),
}


class Match(NamedTuple):
    """Audio with a segment's name; `is_cut` if the name contains the start, so that it is the segment itself."""

    locator: str
    is_cut: bool  # False: it may be the whole recording


class Matches(NamedTuple):
    """The outcome of a search, as columns, since there may be millions of segments."""

    locators: list[str | None]  # of each segment, in their order
    is_cut_N: npt.NDArray[np.bool_]
    n_duplicates: int  # further audio of segments that have a match already
    problems: list[str]  # what could not be listed, a sentence each

    def rows(self) -> list[Match | None]:
        """The columns as rows."""
        pairs = zip(self.locators, self.is_cut_N.tolist(), strict=True)
        return [None if locator is None else Match(locator, is_cut) for locator, is_cut in pairs]


def find_audio(audio: Path, segments: Sequence[Segment]) -> Matches:
    """The audio of each segment, anywhere below the folder `audio`: files and parts of containers. Nothing is decoded.

    Of several matches the best is taken: names with the segment's start before those without, then by PREFERENCE (files
    before tar, Parquet and HDF5; WAV, FLAC, Ogg, MP3 before the formats for FFmpeg), then by folder and file name.
    Missing segments, duplicates and problems are logged with their number. Raises PslError when the folder does not
    exist.
    """
    if not audio.is_dir():
        raise PslError(f"the audio folder {audio} does not exist: give the folder that holds the clips' audio")
    search = Search(segments)
    for path, name in folder.files(audio, search.problems.append):
        suffix = os.path.splitext(name)[1].lower()
        if suffix in SUFFIXES:
            search.add(stem_of(name), suffix, f"{path}/{name}")
        elif suffix in CONTAINERS:
            _add_container(search, f"{path}/{name}", suffix)
        elif name.lower().endswith(COMPRESSED):
            search.problems.append(f"{path}/{name} is compressed, so its members cannot be read: unpack it to a .tar")
    matches = search.matches()
    _log_outcome(audio, segments, matches)
    return matches


class Search:
    """Segments, and the best match of each so far."""

    def __init__(self, segments: Sequence[Segment]) -> None:
        self.segments, self.problems, self.n_duplicates = Segments.of(segments), list[str](), 0
        self._locators: list[str | None] = [None] * len(segments)
        self._rank_N = np.full(len(segments), WORST_RANK, np.uint8)
        self._rows_of: dict[str, int | tuple[int, ...]] = {}
        for row, name in enumerate(self.segments.names):
            others = self._rows_of.get(name)
            self._rows_of[name] = row if others is None else (*_as_tuple(others), row)

    def add(self, stem: str, suffix: str, locator: str) -> None:
        """Add audio with this name; `suffix` is the file's or the container's."""
        for parsed in parse_name(stem, self._rows_of):
            rows = [row for row in _as_tuple(self._rows_of[parsed.name]) if parsed.matches(self.segments[row])]
            for row in rows:
                self._add_match(row, parsed, suffix, locator)
            if rows:
                return

    def _add_match(self, row: int, parsed: ParsedName, suffix: str, locator: str) -> None:
        rank = PREFERENCE.index(suffix) + (len(PREFERENCE) if parsed.start_ms is None else 0)
        self.n_duplicates += self._locators[row] is not None
        if rank < self._rank_N[row]:
            self._rank_N[row], self._locators[row] = rank, locator

    def matches(self) -> Matches:
        """The best match of each segment."""
        return Matches(self._locators, self._rank_N < len(PREFERENCE), self.n_duplicates, self.problems)


def _as_tuple(rows: int | tuple[int, ...]) -> tuple[int, ...]:
    return rows if isinstance(rows, tuple) else (rows,)


def _add_container(search: Search, path: str, suffix: str) -> None:
    """Add everything that can be listed; a damaged container does not end the search."""
    try:
        for name, locator in _LIST[suffix](path):
            search.add(stem_of(name), suffix, locator)
    except PslError as error:
        search.problems.append(str(error))
    except OSError as error:
        search.problems.append(f"{path} cannot be read ({error.strerror}): it is left out")


def _log_outcome(audio: Path, segments: Sequence[Segment], matches: Matches) -> None:
    n_missing = matches.locators.count(None)
    if n_missing:
        log(f"{n_missing} of {len(segments)} clips have no audio in {audio}; the manifest keeps them without a path")
    if n_missing and n_missing == len(segments):
        log(f"the first clip was searched for as {', '.join(accepted_stems(segments[0]))}")
    if matches.n_duplicates:
        log(f"{matches.n_duplicates} duplicates of clips in {audio} are ignored")
    for problem in matches.problems[:LOGGED_PROBLEMS]:
        log(problem)
    if len(matches.problems) > LOGGED_PROBLEMS:
        log(f"and {len(matches.problems) - LOGGED_PROBLEMS} more such problems in {audio}")
