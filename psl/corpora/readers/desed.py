"""DESED's validation set: ten classes of domestic sounds with onsets and offsets; one subset, validation.

`source` holds validation.tsv and validation_durations.tsv, `audio` the wav files. A clip is named by its file without
`.wav`, and its source is the YouTube video, so that it can be compared with AudioSet's. details.parquet keeps
`duration_s`.
"""

import re
from collections.abc import Iterable, Mapping, Sequence
from functools import partial
from itertools import groupby, pairwise
from pathlib import Path
from typing import NamedTuple

from psl.audio.places.segments import Segment
from psl.config import Published
from psl.corpora.lists.classes import Classes, by_label
from psl.corpora.lists.writer import FileClip, write_file_clips, write_strong
from psl.io.list_files import SUFFIX, bad, copy_lists, interval, parsed, records, require_seconds, seconds, stem
from psl.io.metadata.subsets import Subset, Subsets
from psl.io.windows import to_units
from psl.runtime.progress import log

EVENTS, DURATIONS = "validation.tsv", "validation_durations.tsv"
COLUMNS = ("filename", "onset", "offset", "event_label")
WHERE = "DESED's validation lists (validation.tsv and validation_durations.tsv)"
NUMBER = re.compile(r"\d+(?:\.\d*)?", re.ASCII)
VIDEO = re.compile(r"Y(?P<ytid>.{11})_(?P<start>\d{1,9}(?:\.\d+)?)_(?P<end>\d{1,9}(?:\.\d+)?)", re.ASCII)
SUBSETS = Subsets((Subset("validation", trains=False),), recordings="youtube")


class Event(NamedTuple):
    """An event; `mid` is None in the row of a clip without events."""

    clip_id: str
    onset_s: float
    offset_s: float
    mid: str | None


def write(folder: Path, params: Published) -> None:
    """Write manifest.parquet, details.parquet, strong.parquet, both class lists and a copy of the lists.

    Raises PslError for lists that do not parse or contradict each other. Events of a class that overlap are logged.
    """
    lists, classes = Path(params.source), by_label("desed")
    duration_of = _durations(lists / DURATIONS)
    events = _events(lists / EVENTS, duration_of, classes)
    clips = _clips(duration_of, events)
    write_file_clips(folder, clips, Path(params.audio), [_wanted(clip.clip_id) for clip in clips])
    write_strong(folder, [(event.clip_id, event.onset_s, event.offset_s, event.mid) for event in events if event.mid])
    _log_overlaps(events)
    classes.write(folder)
    classes.log_unmapped("DESED")
    copy_lists(lists, (EVENTS, DURATIONS), folder)


def _wanted(clip_id: str) -> Segment:
    """The clip of the video in its name, so that its file is found under any naming scheme."""
    video = VIDEO.fullmatch(clip_id)
    if not video:
        return Segment(clip_id, 0, None)
    return Segment(video["ytid"], to_units(float(video["start"]), 1000), to_units(float(video["end"]), 1000))


def _durations(path: Path) -> dict[str, float]:
    """Seconds of each clip."""
    duration_of: dict[str, float] = {}
    for line, row in records(path, "\t", ("filename", "duration"), WHERE):
        clip = stem(path, line, row["filename"])
        if clip in duration_of:
            bad(path, line, f"a file that is not listed before, not {clip}")
        duration_of[clip] = seconds(path, line, row["duration"])
    return duration_of


def _events(path: Path, duration_of: dict[str, float], classes: Classes) -> list[Event]:
    """Every row, in the list's order."""
    listed = list(records(path, "\t", COLUMNS, WHERE))
    _require_seconds(path, [row for _, row in listed], duration_of)
    event = partial(_event, path, duration_of=duration_of, classes=classes)
    return list(parsed(path, listed, event))


def _require_seconds(path: Path, listed: Iterable[dict[str, str]], duration_of: Mapping[str, float]) -> None:
    """Raise PslError for times in milliseconds; rows that are faulty otherwise are left to `_event`."""
    ends = [(row["offset"], duration_of.get(row["filename"].removesuffix(SUFFIX))) for row in listed]
    require_seconds(path, [(float(end), length) for end, length in ends if length and NUMBER.fullmatch(end)])


def _event(path: Path, line: int, row: dict[str, str], *, duration_of: Mapping[str, float], classes: Classes) -> Event:
    """The event of a row; its offset may lie past the end, as short events are published as 0.25 s long."""
    clip = stem(path, line, row["filename"])
    if clip not in duration_of:
        bad(path, line, f"a file of {path.parent / DURATIONS}, not {clip}")
    if not (row["onset"] or row["offset"] or row["event_label"]):
        return Event(clip, 0.0, 0.0, None)
    onset_s, offset_s = interval(path, line, row["onset"], row["offset"])
    if onset_s >= duration_of[clip]:
        bad(path, line, f"an onset within the {duration_of[clip]} s of the file, not at {onset_s} s")
    return Event(clip, onset_s, offset_s, classes.ids(path, line, (row["event_label"],))[0])


def _clips(duration_of: dict[str, float], events: Sequence[Event]) -> list[FileClip]:
    """All files of the durations; a file without a row has no events."""
    labels_of: dict[str, set[str]] = {clip: set() for clip in duration_of}
    for event in events:
        if event.mid:
            labels_of[event.clip_id].add(event.mid)
    return [
        FileClip(clip, "validation", sorted(labels_of[clip]), _source(clip), duration_s=duration_of[clip])
        for clip in duration_of
    ]


def _source(clip: str) -> str:
    video = VIDEO.fullmatch(clip)
    return video["ytid"] if video else clip


def _log_overlaps(events: Sequence[Event]) -> None:
    """Log clips whose events of one class overlap: earlier versions of the list hold some, which psds_eval refuses."""
    ordered = sorted((event.clip_id, event.mid, event.onset_s, event.offset_s) for event in events if event.mid)
    same = (list(group) for _, group in groupby(ordered, key=lambda row: row[:2]))
    clips = [group[0][0] for group in same for first, second in pairwise(group) if second[2] < first[3]]
    if clips:
        names = ", ".join(sorted(set(clips)))
        log(f"DESED: {len(clips)} events overlap one before them of their own class, in {names}")
