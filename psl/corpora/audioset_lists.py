"""The files that AudioSet is published as: segment lists and strong lists, parsed in the spellings that are in use."""

import csv
import math
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import NoReturn

from psl.errors import PslError
from psl.windows import to_units

BALANCED, UNBALANCED, EVAL = "balanced_train_segments.csv", "unbalanced_train_segments.csv", "eval_segments.csv"
CLASS_LIST = "class_labels_indices.csv"
STRONG_TRAIN, STRONG_EVAL = "audioset_train_strong.tsv", "audioset_eval_strong.tsv"
STRONG_HEADER = ("segment_id", "start_time_seconds", "end_time_seconds", "label")
SOURCES, SOURCES_HEADER = "sources.csv", ("ytid", "source")  # of built corpora: the group that a clip was mixed from
OFFICIAL = (BALANCED, UNBALANCED, EVAL, CLASS_LIST, STRONG_TRAIN, STRONG_EVAL)


@dataclass(frozen=True, slots=True)
class Segment:
    """One row of a segment list."""

    ytid: str
    start_ms: int
    end_ms: int
    labels: tuple[str, ...]

    @property
    def clip_id(self) -> str:
        """The id that the strong lists use, too."""
        return f"{self.ytid}_{self.start_ms}"


def read_segments(path: Path) -> list[Segment]:
    """Parse a segment list: any number of `#` lines; spaces, quotes and fractions of seconds as they come.

    Raises PslError that names the file and the line at fault.
    """
    with _rows(path, ",") as rows:
        segments = [_segment(path, line, row) for line, row in rows if not row[0].startswith("#")]
    if not segments:
        raise PslError(f"the list {path} names no clip")
    return segments


def read_strong(path: Path) -> Iterator[tuple[str, float, float, str]]:
    """Parse a strong list into (clip id, onset in s, offset in s, mid). Raises PslError that names the line at fault."""
    with _rows(path, "\t") as rows:
        for line, row in rows:
            if tuple(row) != STRONG_HEADER:
                start, end = _times(path, line, row[1:3]) if len(row) == len(STRONG_HEADER) else _bad(path, line, "\t".join(STRONG_HEADER))
                yield row[0], start, end, row[3]


def read_sources(lists: Path) -> dict[str, str]:
    """Group of each clip that was built, by ytid; empty where the corpus was not built."""
    if not (lists / SOURCES).exists():
        return {}
    with _rows(lists / SOURCES, ",") as rows:
        return {row[0]: row[1] for _, row in rows if tuple(row) != SOURCES_HEADER}


@contextmanager
def _rows(path: Path, delimiter: str) -> Iterator[Iterator[tuple[int, list[str]]]]:
    """(line number, fields without spaces around them) of each line that holds something."""
    try:
        with path.open(newline="", encoding="utf-8") as handle:
            reader = csv.reader(handle, delimiter=delimiter, skipinitialspace=True)
            yield ((reader.line_num, [field.strip() for field in row]) for row in reader if row)
    except FileNotFoundError:
        raise PslError(f"the list {path} does not exist: give the folder of AudioSet's official lists") from None
    except (UnicodeDecodeError, csv.Error) as error:
        raise PslError(f"the list {path} is not a table of text ({error})") from None


def _segment(path: Path, line: int, row: list[str]) -> Segment:
    if len(row) < 4 or not row[0]:
        _bad(path, line, 'YTID, start, end, "mid,mid"')
    start, end = _times(path, line, row[1:3])
    labels = tuple(dict.fromkeys(label.strip() for field in row[3:] for label in field.split(",") if label.strip()))
    return Segment(row[0], to_units(start, 1000), to_units(end, 1000), labels or _bad(path, line, "at least one label"))


def _times(path: Path, line: int, fields: list[str]) -> tuple[float, float]:
    try:
        start, end = (float(field) for field in fields)
    except ValueError:
        _bad(path, line, "seconds")
    if not (0 <= start < end and math.isfinite(end)):
        _bad(path, line, f"a start before the end, not {start} and {end} s")
    return start, end


def _bad(path: Path, line: int, expected: str) -> NoReturn:
    raise PslError(f"line {line} of {path} is broken: expected {expected}")
