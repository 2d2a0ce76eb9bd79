"""What the name of an audio file says: the clips that it may be, in all naming schemes that are in use.

A name is PREFIX id TIMES. PREFIX is nothing, `Y` (PANNs, DESED; only where 12 letters then stand) or `id_`. TIMES is nothing,
`_start`, `_start_end` or `_start-end`, in seconds (`30`, `30.0`, `30.000`) or in whole milliseconds (`30000`). Ids may hold `-`
and `_`, also at their beginning, so a name can be read in more than one way: the clips that are wanted decide.
"""

import re
from collections.abc import Container, Iterator, Sequence
from typing import NamedTuple, overload

import numpy as np
import numpy.typing as npt

from psl.windows import to_units

BY_LIBSNDFILE = (".wav", ".flac", ".ogg", ".mp3")
BY_FFMPEG = (".m4a", ".webm", ".opus", ".mp4", ".mkv", ".aac")
SUFFIXES = BY_LIBSNDFILE + BY_FFMPEG  # of audio files, the one that is preferred first
YTID_LETTERS = 11
NO_END = -1
TOLERANCE_S = 1.0  # files end a little before or after what their lists say

_SECONDS = r"(\d{1,8}(?:\.\d{1,6})?)"
_START = re.compile(rf"(.+)_{_SECONDS}", re.DOTALL)
_START_END = re.compile(rf"(.+)_{_SECONDS}[_-]{_SECONDS}", re.DOTALL)


class Clip(NamedTuple):
    """A clip that is wanted: the id of its recording, and its stretch there."""

    name: str
    start_ms: int
    end_ms: int | None  # None: to the end of the recording


class Clips(Sequence[Clip]):
    """Clips as columns: millions of them take a third of the memory of tuples. `end_ms_N` is NO_END for None."""

    def __init__(self, names: list[str], start_ms_N: npt.NDArray[np.int64], end_ms_N: npt.NDArray[np.int64]) -> None:
        self.names, self.start_ms_N, self.end_ms_N = names, start_ms_N, end_ms_N

    @classmethod
    def of(cls, clips: Sequence[Clip]) -> "Clips":
        """The same clips as columns."""
        if isinstance(clips, Clips):
            return clips
        ends = (NO_END if clip.end_ms is None else clip.end_ms for clip in clips)
        return cls([clip.name for clip in clips], np.array([clip.start_ms for clip in clips], np.int64), np.fromiter(ends, np.int64))

    def __len__(self) -> int:
        return len(self.names)

    @overload
    def __getitem__(self, row: int) -> Clip: ...
    @overload
    def __getitem__(self, row: slice) -> "Clips": ...
    def __getitem__(self, row: int | slice) -> "Clip | Clips":
        if isinstance(row, slice):
            return Clips(self.names[row], self.start_ms_N[row], self.end_ms_N[row])
        end_ms = self.end_ms_N.item(row)
        return Clip(self.names[row], self.start_ms_N.item(row), None if end_ms == NO_END else end_ms)


class Meaning(NamedTuple):
    """One way to read a name; what the name does not say is None."""

    name: str
    start_ms: int | None = None
    end_ms: int | None = None

    def fits(self, clip: Clip) -> bool:
        """Whether a file of this meaning can hold the clip: what the name says is what is wanted."""
        return self.start_ms in (None, clip.start_ms) and (self.end_ms is None or clip.end_ms in (None, self.end_ms))


def stem_of(name: str) -> str:
    """A name without folders and without the suffix of an audio file.

    >>> stem_of("bal/Y--PJHxphWEs.WAV"), stem_of("--PJHxphWEs_30.000")
    ('Y--PJHxphWEs', '--PJHxphWEs_30.000')
    """
    name = name.rsplit("/", 1)[-1]
    stem, dot, suffix = name.rpartition(".")
    return stem if dot and f".{suffix.lower()}" in SUFFIXES else name


def meanings(stem: str, wanted: Container[str] | None = None) -> Iterator[Meaning]:
    """All ways to read a name: without times, with a start, with start and end; seconds before milliseconds. Only `wanted` ids, if given.

    >>> [*meanings("--PJHxphWEs_30")]  # doctest: +NORMALIZE_WHITESPACE
    [Meaning(name='--PJHxphWEs_30', start_ms=None, end_ms=None), Meaning(name='--PJHxphWEs', start_ms=30000, end_ms=None),
     Meaning(name='--PJHxphWEs', start_ms=30, end_ms=None)]
    """
    for name in _names(stem):
        if wanted is None or name in wanted:
            yield Meaning(name)
    for pattern in (_START, _START_END):
        if match := pattern.fullmatch(stem):
            names = [name for name in _names(match[1]) if wanted is None or name in wanted]
            for times in _milliseconds(match.groups()[1:]) if names else ():
                for name in names:
                    yield Meaning(name, *times)


def accepted_stems(clip: Clip) -> list[str]:
    """The names under which a clip is found, those that say its times first."""
    spelled = [_spellings(time) for time in (clip.start_ms, clip.end_ms) if time is not None]
    times = [f"_{start}{link}{end}" for start, end in zip(*spelled, strict=True) for link in "_-"] if clip.end_ms is not None else []
    stems = [prefix + clip.name + tail for tail in (*times, *(f"_{start}" for start in spelled[0]), "") for prefix in ("", "Y", "id_")]
    return list(dict.fromkeys(stem for stem in stems if not stem.startswith("Y" + clip.name) or len(clip.name) == YTID_LETTERS))


def is_whole_recording(duration_s: float, clip: Clip) -> bool:
    """Whether a file whose name says no times is the recording that the clip has to be cut from, rather than the clip itself.

    It is when it is longer than the clip and reaches the clip's end, each by TOLERANCE_S. So a clip that was cut too long
    (20 s instead of 10 is common) still counts as the clip wherever its recording would have to be longer.
    """
    if clip.end_ms is None:
        return False
    return duration_s > (clip.end_ms - clip.start_ms) / 1000 + TOLERANCE_S and duration_s >= clip.end_ms / 1000 - TOLERANCE_S


def _names(head: str) -> Iterator[str]:
    yield head
    if head.startswith("Y") and len(head) == YTID_LETTERS + 1:
        yield head[1:]
    elif head.startswith("id_"):
        yield head[3:]


def _milliseconds(times: tuple[str, ...]) -> Iterator[list[int]]:
    yield [to_units(float(time), 1000) for time in times]
    if not any("." in time for time in times):
        yield [int(time) for time in times]


def _spellings(time_ms: int) -> list[str]:
    """`30.000`, `30.0`, `30`, `30000`; `7.500`, `7.5`, `7.5`, `7500`. The same number of them for every time."""
    seconds = f"{time_ms / 1000:.3f}"
    short = seconds.rstrip("0").rstrip(".")
    return [seconds, short if "." in short else f"{short}.0", short, str(time_ms)]
