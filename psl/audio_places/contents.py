"""What lies at the places that were found: its hash, and the clip's stretch within it."""

from collections.abc import Iterator, Sequence
from typing import NamedTuple

import numpy as np
import numpy.typing as npt
import pyarrow as pa

from psl.audio_places.index import Places
from psl.audio_places.locators import SEPARATOR, reading_order
from psl.audio_places.looks import look_at
from psl.audio_places.names import NO_END, Clip, Clips, is_whole_recording
from psl.progress import say


class Content(NamedTuple):
    """The manifest's columns of the same names."""

    path: str
    start_s: float
    end_s: float | None
    audio_hash: str


class Contents(NamedTuple):
    """The same of all clips, in their order; a clip without audio has no path and keeps the stretch that was asked for."""

    paths: list[str | None]
    start_s_N: npt.NDArray[np.float64]
    end_s_N: npt.NDArray[np.float64]  # NaN: to the end
    hash_N: npt.NDArray[np.bytes_]

    def rows(self) -> Iterator[Content | None]:
        """The columns as rows."""
        for path, start_s, end_s, audio_hash in zip(self.paths, self.start_s_N.tolist(), self.end_s_N.tolist(), self.hash_N, strict=True):
            yield None if path is None else Content(path, start_s, None if end_s != end_s else end_s, audio_hash.decode())


def read_contents(clips: Sequence[Clip], places: Places) -> Contents:
    """The content of each clip's place, in the order of `clips`; containers are read in their own order, each part once.

    Audio under a name without times is the clip, or the whole recording that the clip is cut from: see is_whole_recording.
    Where several clips share such a name only a whole recording will do; those without get no audio, and are counted aloud.
    Audio that cannot be read is kept, hashed by the sentence that says why: the features stage meets the same fault and records it.
    """
    clips, found_N = Clips.of(clips), np.array([locator is not None for locator in places.locators], bool)
    is_shared_N = _is_shared(clips.names)
    is_bare_N = found_N & ~places.is_cut_N & ((clips.start_ms_N > 0) | is_shared_N)  # how long it is says what it is
    hash_N, duration_N = _looked_at(places.locators, is_bare_N)
    is_whole_N = is_bare_N.copy()
    for row in np.flatnonzero(is_bare_N & ~np.isnan(duration_N)).tolist():
        is_whole_N[row] = is_whole_recording(duration_N.item(row), clips[row])
    unclear_N = is_bare_N & is_shared_N & ~is_whole_N
    if unclear_N.any():
        say(f"{unclear_N.sum()} clips share a cut file that does not say whose it is (a name without times): they are left without audio")
    paths = [None if unclear else path for path, unclear in zip(places.locators, unclear_N.tolist(), strict=True)]
    start_ms_N = np.where(is_whole_N, clips.start_ms_N, 0)
    end_ms_N = np.where(is_whole_N, clips.end_ms_N, clips.end_ms_N - clips.start_ms_N)
    return Contents(paths, start_ms_N / 1000, np.where(clips.end_ms_N == NO_END, np.nan, end_ms_N / 1000), hash_N)


def _is_shared(names: list[str]) -> npt.NDArray[np.bool_]:
    """Whether several clips have the name."""
    code_N = pa.array(names, pa.string()).dictionary_encode().indices.to_numpy()
    return np.bincount(code_N, minlength=1)[code_N] > 1


def _looked_at(locators: Sequence[str | None], needs_duration_N: npt.NDArray[np.bool_]) -> tuple[npt.NDArray, npt.NDArray]:
    """Hash and duration in seconds of each place (NaN where it is not needed or not known: reading it then says why)."""
    plain = [row for row, locator in enumerate(locators) if locator is not None and SEPARATOR not in locator]
    inside = [row for row, locator in enumerate(locators) if locator is not None and SEPARATOR in locator]
    plain.sort(key=lambda row: locators[row])  # type: ignore[arg-type,return-value]
    inside.sort(key=lambda row: reading_order(str(locators[row])))
    row_R = np.array(plain + inside, np.int64)
    sorted_R = [str(locators[row]) for row in row_R.tolist()]
    is_first_R = np.array([here != before for here, before in zip(sorted_R, ["", *sorted_R], strict=False)], bool)
    first_P = np.flatnonzero(is_first_R)
    needs_P = np.logical_or.reduceat(needs_duration_N[row_R], first_P) if len(first_P) else np.zeros(0, bool)
    looks = look_at([sorted_R[first] for first in first_P.tolist()], needs_P)
    hash_N, duration_N = np.zeros(len(locators), looks.hash_P.dtype), np.full(len(locators), np.nan)
    place_R = np.cumsum(is_first_R) - 1
    hash_N[row_R], duration_N[row_R] = looks.hash_P[place_R], looks.duration_P[place_R]
    return hash_N, duration_N
