"""A selection table of Raven: tabs between columns, a selection over the whole band that the model hears."""

from collections.abc import Iterable
from typing import BinaryIO

from psl.tagging.formats import Source
from psl.tagging.labels import Segment

SUFFIX = ".selections.txt"
ONE_FILE = True
COLUMNS = (
    "Selection",
    "View",
    "Channel",
    "Begin Time (s)",
    "End Time (s)",
    "Low Freq (Hz)",
    "High Freq (Hz)",
    "Begin File",
    "Class",
    "Score",
)


def write(handle: BinaryIO, segments: Iterable[Segment], source: Source) -> None:
    """The columns that Raven demands, then file, class and score; selections are numbered from 1."""
    _line(handle, COLUMNS)
    for number, segment in enumerate(segments, 1):
        times = f"{segment.start_ms / 1000:.3f}", f"{segment.end_ms / 1000:.3f}"
        band = "0.0", f"{source.high_hz:.1f}"
        name = " ".join(segment.name.split())
        view = str(number), "Spectrogram 1", "1"
        _line(handle, (*view, *times, *band, segment.file.rpartition("/")[2], name, f"{segment.score:.6f}"))


def _line(handle: BinaryIO, fields: Iterable[str]) -> None:
    handle.write("\t".join(fields).encode() + b"\n")
