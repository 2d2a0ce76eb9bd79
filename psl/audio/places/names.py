"""Match the names of audio files with segments, in every naming scheme that is in use.

A name is PREFIX id TIMES. PREFIX is nothing, `Y` (PANNs, DESED; only before an id of 11 letters) or `id_`. TIMES is
nothing, `_start`, `_start_end` or `_start-end`, in seconds (`30`, `30.0`, `30.000`) or in whole milliseconds (`30000`).
Ids may contain `-` and `_`, also at their beginning, so a name can be ambiguous: the ids of the segments decide.
"""

import re
from collections.abc import Container, Iterator
from typing import NamedTuple

from psl.audio.places.segments import Segment
from psl.io.windows import to_units

BY_LIBSNDFILE = (".wav", ".flac", ".ogg", ".mp3")
BY_FFMPEG = (".m4a", ".webm", ".opus", ".mp4", ".mkv", ".aac")
SUFFIXES = BY_LIBSNDFILE + BY_FFMPEG  # of audio files, in order of preference
YTID_LETTERS = 11
TOLERANCE_S = 1.0  # files may end a little before or after the times in the lists

_SECONDS = r"(\d{1,8}(?:\.\d{1,6})?)"
_START = re.compile(rf"(.+)_{_SECONDS}", re.DOTALL)
_START_END = re.compile(rf"(.+)_{_SECONDS}[_-]{_SECONDS}", re.DOTALL)


class ParsedName(NamedTuple):
    """One way to read a name; times that the name does not contain are None."""

    name: str
    start_ms: int | None = None
    end_ms: int | None = None

    def matches(self, segment: Segment) -> bool:
        """Whether a file with this name can contain the segment: the times in the name are the segment's."""
        is_end_equal = self.end_ms is None or segment.end_ms in (None, self.end_ms)
        return self.start_ms in (None, segment.start_ms) and is_end_equal


def stem_of(name: str) -> str:
    """A name without folders and without the suffix of an audio file.

    >>> stem_of("bal/Y--PJHxphWEs.WAV"), stem_of("--PJHxphWEs_30.000")
    ('Y--PJHxphWEs', '--PJHxphWEs_30.000')
    """
    name = name.rsplit("/", 1)[-1]
    stem, dot, suffix = name.rpartition(".")
    return stem if dot and f".{suffix.lower()}" in SUFFIXES else name


def parse_name(stem: str, known_ids: Container[str] | None = None) -> Iterator[ParsedName]:
    """All ways to read a name, with ids from `known_ids` if given: without times, with a start, with start and end.

    Times are read as seconds first, then as milliseconds.

    >>> [*parse_name("--PJHxphWEs_30")]  # doctest: +NORMALIZE_WHITESPACE
    [ParsedName(name='--PJHxphWEs_30', start_ms=None, end_ms=None),
     ParsedName(name='--PJHxphWEs', start_ms=30000, end_ms=None),
     ParsedName(name='--PJHxphWEs', start_ms=30, end_ms=None)]
    """
    for name in _ids(stem):
        if known_ids is None or name in known_ids:
            yield ParsedName(name)
    for pattern in (_START, _START_END):
        if match := pattern.fullmatch(stem):
            names = [name for name in _ids(match[1]) if known_ids is None or name in known_ids]
            for times in _milliseconds(match.groups()[1:]) if names else ():
                for name in names:
                    yield ParsedName(name, *times)


def accepted_stems(segment: Segment) -> list[str]:
    """The names under which a segment is found, those with times first."""
    starts, *ends = [_spellings(time) for time in (segment.start_ms, segment.end_ms) if time is not None]
    endings = (
        [f"_{start}{link}{end}" for start, end in zip(starts, *ends, strict=True) for link in "_-"] if ends else []
    )
    endings += [*(f"_{start}" for start in starts), ""]
    prefixes = ("", "Y", "id_") if len(segment.name) == YTID_LETTERS else ("", "id_")
    stems = (prefix + segment.name + ending for ending in endings for prefix in prefixes)
    return list(dict.fromkeys(stems))


def is_whole_recording(duration_s: float, segment: Segment) -> bool:
    """Whether a file whose name has no times is the segment's whole recording, rather than the segment itself.

    It is when it is longer than the segment and reaches the segment's end, each by TOLERANCE_S. So a segment that was
    cut too long (20 s instead of 10 is common) still counts as the segment unless it is as long as the recording would
    have to be.
    """
    if segment.end_ms is None:
        return False
    length_s, end_s = (segment.end_ms - segment.start_ms) / 1000, segment.end_ms / 1000
    return duration_s > length_s + TOLERANCE_S and duration_s >= end_s - TOLERANCE_S


def _ids(text: str) -> Iterator[str]:
    """The ids that the text without times may stand for: all of it, and without a prefix."""
    yield text
    if text.startswith("Y") and len(text) == YTID_LETTERS + 1:
        yield text[1:]
    elif text.startswith("id_"):
        yield text[3:]


def _milliseconds(times: tuple[str, ...]) -> Iterator[list[int]]:
    yield [to_units(float(time), 1000) for time in times]
    if not any("." in time for time in times):
        yield [int(time) for time in times]


def _spellings(time_ms: int) -> list[str]:
    """`30.000`, `30.0`, `30`, `30000`; `7.500`, `7.5`, `7.5`, `7500`. Every time has the same number of spellings."""
    seconds = f"{time_ms / 1000:.3f}"
    short = seconds.rstrip("0").rstrip(".")
    return [seconds, short if "." in short else f"{short}.0", short, str(time_ms)]
