"""Where a person's clips begin and end in their recordings: as a table says, or cut to a stated length."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from functools import partial
from itertools import takewhile

from psl.corpora.custom.looked_for import LookedFor
from psl.corpora.custom.table import TableRow
from psl.io.list_files import TOLERANCE_S
from psl.io.windows import to_units

SHORTEST_S = 0.1  # of a clip


@dataclass(frozen=True)
class CustomClip:
    """A clip that is fit for use: `file`, its recording, relative to the folder; `mids` its labels' ids.

    `looked_for` has the ids of the classes whose absence is known (None: of all). It is the whole recording where
    `end_s` is None.
    """

    file: str
    mids: tuple[str, ...]
    source: str
    seconds: float
    looked_for: LookedFor = None
    start_s: float = 0.0
    end_s: float | None = None


def within(row: TableRow, length_s: float) -> str | None:
    """Why a recording of this length has no such clip; an end that is a little behind the recording's is none."""
    end_s = row.end_s
    if end_s is not None and (row.start_s >= length_s or end_s > length_s + TOLERANCE_S):
        milliseconds = 10 * length_s < end_s <= 1000 * (length_s + TOLERANCE_S)
        unit = ": give times in seconds, not in samples" if end_s > 10 * length_s else ""
        advice = ": divide times in milliseconds by 1000" if milliseconds else unit
        return f"is not within the {length_s:.1f} s of the recording ({row.where}){advice}"
    seconds = min(end_s or length_s, length_s) - row.start_s
    return f"lasts {seconds:.3f} s, less than {SHORTEST_S} s" if seconds < SHORTEST_S else None


def contradictions(
    rows: Sequence[TableRow], labels: Mapping[str, tuple[str, ...]], looked_for: Mapping[str, LookedFor]
) -> list[str]:
    """A fault for each pair of clips that overlap in a recording, of which one has a label that the other denies."""
    faults = []
    ordered = sorted(rows, key=lambda row: (row.file, row.start_s))
    for number, row in enumerate(ordered):
        for other in takewhile(partial(_overlap, row), ordered[number + 1 :]):
            mine, others = set(labels[row.clip]), set(labels[other.clip])
            if _denied(mine - others, looked_for[other.clip]) or _denied(others - mine, looked_for[row.clip]):
                faults.append(
                    f"{other.where} overlaps {row.where} and has other labels: give both the labels of both, or say "
                    "in a column looked_for what was looked for"
                )
    return faults


def cut(clip: CustomClip, clip_seconds: float | None) -> list[CustomClip]:
    """The clip, or its consecutive parts of `clip_seconds` where it is longer; the last one is the rest.

    >>> clip = CustomClip("a.wav", (), "a", seconds=5.0, start_s=1.0, end_s=6.0)
    >>> [(part.start_s, part.end_s, part.seconds) for part in cut(clip, 2)]
    [(1.0, 3.0, 2.0), (3.0, 5.0, 2.0), (5.0, 6.0, 1.0)]
    """
    if clip_seconds is None or clip.seconds < clip_seconds + SHORTEST_S:
        return [clip]
    first_ms = to_units(clip.start_s, 1000)
    last_ms = first_ms + int(clip.seconds * 1000)
    starts_ms = range(first_ms, last_ms - to_units(SHORTEST_S, 1000) + 1, to_units(clip_seconds, 1000))
    times = zip(starts_ms, [*starts_ms[1:], last_ms], strict=True)
    return [replace(clip, start_s=start / 1000, end_s=end / 1000, seconds=(end - start) / 1000) for start, end in times]


def _overlap(row: TableRow, later: TableRow) -> bool:
    """Whether a clip that does not begin before `row` does overlaps it."""
    return row.file == later.file and (row.end_s is None or later.start_s < row.end_s)


def _denied(mids: set[str], looked_for: LookedFor) -> bool:
    """Whether one of these classes is stated to be absent, as it was looked for and is no label."""
    return bool(mids if looked_for is None else mids & set(looked_for))
