"""WebVTT: captions for players and web pages, a cue for each label or event."""

from collections.abc import Iterable
from typing import BinaryIO

from psl.tagging.formats import Source
from psl.tagging.labels import Segment

SUFFIX = ".vtt"
ONE_FILE = True
ESCAPES = {ord("&"): "&amp;", ord("<"): "&lt;", ord(">"): "&gt;"}


def write(handle: BinaryIO, segments: Iterable[Segment], source: Source) -> None:
    """Cues of class and score, such as `Dog 0.93`."""
    handle.write(b"WEBVTT\n")
    for segment in segments:
        name = " ".join(segment.name.split()).translate(ESCAPES)
        times = f"{timestamp(segment.start_ms)} --> {timestamp(segment.end_ms)}"
        handle.write(f"\n{times}\n{name} {segment.score:.2f}\n".encode())


def timestamp(ms: int) -> str:
    """Hours, minutes, seconds and milliseconds.

    >>> timestamp(0), timestamp(36_061_500)
    ('00:00:00.000', '10:01:01.500')
    """
    seconds, ms = divmod(ms, 1000)
    return f"{seconds // 3600:02}:{seconds // 60 % 60:02}:{seconds % 60:02}.{ms:03}"
