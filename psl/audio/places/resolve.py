"""Resolve matched audio to the manifest's columns: each clip's path, its start and end there, and the hash."""

from collections.abc import Iterator, Sequence
from typing import NamedTuple

import numpy as np
import numpy.typing as npt
import pyarrow as pa

from psl.audio.places.locators import SEPARATOR, reading_order
from psl.audio.places.names import is_whole_recording
from psl.audio.places.search import Matches
from psl.audio.places.segments import NO_END, Segment, Segments
from psl.audio.read_info import read_file_info
from psl.runtime.progress import log


class ClipAudio(NamedTuple):
    """A clip's values of the manifest's columns of the same names."""

    path: str
    start_s: float
    end_s: float | None
    audio_hash: str


class AudioColumns(NamedTuple):
    """These columns for N clips; a clip without audio has no path, and its segment's own start and end."""

    paths: list[str | None]
    start_s_N: npt.NDArray[np.float64]
    end_s_N: npt.NDArray[np.float64]  # NaN: to the end
    hash_N: npt.NDArray[np.bytes_]

    def rows(self) -> Iterator[ClipAudio | None]:
        """The columns as rows."""
        starts_s, ends_s = self.start_s_N.tolist(), self.end_s_N.tolist()
        for path, start_s, end_s, audio_hash in zip(self.paths, starts_s, ends_s, self.hash_N, strict=True):
            end_s_or_none = None if end_s != end_s else end_s
            yield None if path is None else ClipAudio(path, start_s, end_s_or_none, audio_hash.decode())


def resolve_audio(segments: Sequence[Segment], matches: Matches) -> AudioColumns:
    """The columns of each segment, in the order of `segments`; containers are read in storage order, each part once.

    Audio under a name without times is either the clip, or the recording from which it is cut: see is_whole_recording.
    If several segments share such a name, it has to be the recording; otherwise they get no audio, and their number is
    logged. Unreadable audio is kept and has the hash of its error message: the features stage meets the same error and
    records it.
    """
    segments = Segments.of(segments)
    is_matched_N = np.array([locator is not None for locator in matches.locators], bool)
    is_shared_N = _is_shared(segments.names)
    is_ambiguous_N = (
        is_matched_N & ~matches.is_cut_N & ((segments.start_ms_N > 0) | is_shared_N)
    )  # the duration decides
    hash_N, duration_s_N = _hashes_and_durations(matches.locators, is_ambiguous_N)
    is_whole_N = is_ambiguous_N.copy()
    for row in np.flatnonzero(is_ambiguous_N & ~np.isnan(duration_s_N)).tolist():
        is_whole_N[row] = is_whole_recording(duration_s_N.item(row), segments[row])
    is_unusable_N = is_ambiguous_N & is_shared_N & ~is_whole_N
    if is_unusable_N.any():
        log(
            f"{is_unusable_N.sum()} clips share a file that is one of them, and its name has no times that say which: "
            "they are left without audio"
        )
    is_unusable = is_unusable_N.tolist()
    paths = [None if skip else path for path, skip in zip(matches.locators, is_unusable, strict=True)]
    start_ms_N = np.where(is_whole_N, segments.start_ms_N, 0)
    end_ms_N = np.where(is_whole_N, segments.end_ms_N, segments.end_ms_N - segments.start_ms_N)
    end_s_N = np.where(segments.end_ms_N == NO_END, np.nan, end_ms_N / 1000)
    return AudioColumns(paths, start_ms_N / 1000, end_s_N, hash_N)


def _is_shared(names: list[str]) -> npt.NDArray[np.bool_]:
    """Whether several segments have the name."""
    code_N = pa.array(names, pa.string()).dictionary_encode().indices.to_numpy()
    return np.bincount(code_N, minlength=1)[code_N] > 1


def _hashes_and_durations(
    locators: Sequence[str | None], needs_duration_N: npt.NDArray[np.bool_]
) -> tuple[npt.NDArray[np.bytes_], npt.NDArray[np.float64]]:
    """Hash and duration in seconds for each locator; the duration is NaN where it is not needed or unknown."""
    row_R = np.array(_in_storage_order(locators), np.int64)
    sorted_R = [str(locators[row]) for row in row_R.tolist()]
    is_first_R = np.array([locator != before for locator, before in zip(sorted_R, ["", *sorted_R], strict=False)], bool)
    first_P = np.flatnonzero(is_first_R)  # P: the distinct locators
    needs_P = np.logical_or.reduceat(needs_duration_N[row_R], first_P) if len(first_P) else np.zeros(0, bool)
    info = read_file_info([sorted_R[first] for first in first_P.tolist()], needs_P)
    hash_N, duration_s_N = np.zeros(len(locators), info.hash_P.dtype), np.full(len(locators), np.nan)
    file_R = np.cumsum(is_first_R) - 1
    hash_N[row_R], duration_s_N[row_R] = info.hash_P[file_R], info.duration_s_P[file_R]
    return hash_N, duration_s_N


def _in_storage_order(locators: Sequence[str | None]) -> list[int]:
    """The rows with a locator: files by name, then the parts of containers as they are stored."""
    files = [row for row, locator in enumerate(locators) if locator is not None and SEPARATOR not in locator]
    parts = [row for row, locator in enumerate(locators) if locator is not None and SEPARATOR in locator]
    files.sort(key=lambda row: str(locators[row]))
    parts.sort(key=lambda row: reading_order(str(locators[row])))
    return files + parts
