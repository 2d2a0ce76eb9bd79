"""Audacity's label track: start, end and label, with tabs between them; File > Import > Labels reads it."""

from collections.abc import Iterable
from typing import BinaryIO

from psl.tagging.formats import Source
from psl.tagging.labels import Segment

SUFFIX = ".txt"
ONE_FILE = True


def write(handle: BinaryIO, segments: Iterable[Segment], source: Source) -> None:
    """Seconds with six decimals, as Audacity writes them; spaces stand for tabs and line ends of a name."""
    for segment in segments:
        name = " ".join(segment.name.split())
        handle.write(f"{segment.start_ms / 1000:.6f}\t{segment.end_ms / 1000:.6f}\t{name}\n".encode())
