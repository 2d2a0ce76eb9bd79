"""What lies at the places that were found: its hash, and the clip's stretch within it."""

import hashlib
from collections import Counter
from collections.abc import Sequence
from itertools import groupby
from typing import NamedTuple

from psl.audio import duration_s, hash_audio
from psl.audio_places.index import Found
from psl.audio_places.locators import reading_order
from psl.audio_places.names import Clip, is_whole_recording
from psl.errors import PslError
from psl.progress import say, track


class Content(NamedTuple):
    """The manifest's columns of the same names."""

    path: str
    start_s: float
    end_s: float | None
    audio_hash: str


def read_contents(clips: Sequence[Clip], found: Sequence[Found | None]) -> list[Content | None]:
    """The content of each clip's place, in the order of `clips`; containers are read in their own order, each part once.

    Audio under a name without times is the clip, or the whole recording that the clip is cut from: see is_whole_recording.
    Where several clips share such a name only a whole recording will do; those without are None, and counted aloud.
    Audio that cannot be read is kept, hashed by the sentence that says why: the features stage meets the same fault and records it.
    """
    name_counts = Counter(clip.name for clip in clips)
    wanted = [_Wanted(row, clips[row], place, name_counts[clips[row].name] > 1) for row, place in enumerate(found) if place]
    wanted.sort(key=lambda one: reading_order(one.place.locator))
    contents: list[Content | None] = [None] * len(clips)
    for locator, here in groupby(track(wanted, "hashes of audio", len(wanted)), key=lambda one: one.place.locator):
        group = list(here)
        audio_hash, duration = _look(locator, any(one.needs_duration for one in group))
        for one in group:
            contents[one.row] = _content(one, audio_hash, duration)
    unclear = len(wanted) - sum(content is not None for content in contents)
    if unclear:
        say(f"{unclear} clips share a cut file that does not say whose it is (a name without times): they are left without audio")
    return contents


class _Wanted(NamedTuple):
    row: int
    clip: Clip
    place: Found
    is_shared: bool  # several clips are wanted of this recording

    @property
    def needs_duration(self) -> bool:
        return not self.place.is_cut and (self.clip.start_ms > 0 or self.is_shared)


def _look(locator: str, needs_duration: bool) -> tuple[str, float | None]:
    """The hash, and the duration in seconds where it is needed and can be known."""
    try:
        audio_hash = hash_audio(locator)
    except (PslError, OSError) as error:
        audio_hash = hashlib.blake2b(str(error).encode(errors="replace"), digest_size=16).hexdigest()
    try:
        return audio_hash, duration_s(locator) if needs_duration else None
    except (PslError, OSError):
        return audio_hash, None  # reading it says why


def _content(one: _Wanted, audio_hash: str, duration: float | None) -> Content | None:
    """Of unknown duration it counts as the whole recording: reading it then fails aloud rather than reads another stretch."""
    start_ms, end_ms = one.clip.start_ms, one.clip.end_ms
    if one.needs_duration and (duration is None or is_whole_recording(duration, one.clip)):
        return Content(one.place.locator, start_ms / 1000, None if end_ms is None else end_ms / 1000, audio_hash)
    if one.needs_duration and one.is_shared:
        return None
    return Content(one.place.locator, 0.0, None if end_ms is None else (end_ms - start_ms) / 1000, audio_hash)
