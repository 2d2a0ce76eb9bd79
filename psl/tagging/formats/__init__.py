"""Formats of outputs, one file each, named by `--format`.

Each has `SUFFIX`, and `write(handle, segments, source)`: labels or events in the order of time. One that can hold the
scores of windows has `write_scores(handle, windows, source)`, too. `handle` takes bytes; one that needs a file of its
own (and cannot be a pipe, or hold several recordings) says so by `ONE_FILE = True`. Nothing but what is written and
`source` decides the bytes.
"""

from typing import NamedTuple

from psl.io.metadata.vocabulary import Vocabulary

TIMES = ("file", "start_s", "end_s")


class Source(NamedTuple):
    """What a format may say of all rows: the model's C classes, and the highest frequency that it hears, Hz."""

    vocabulary: Vocabulary
    high_hz: float

    def columns(self) -> list[str]:
        """A name for the column of each class: the class's own, or its id where that would not be the only one."""
        names = [*TIMES, *self.vocabulary.names]
        pairs = zip(self.vocabulary.mids, self.vocabulary.names, strict=True)
        return [name if names.count(name) == 1 else mid for mid, name in pairs]
