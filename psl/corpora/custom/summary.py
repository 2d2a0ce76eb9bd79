"""What `psl init` says of the corpus that it made."""

from collections.abc import Iterator, Mapping, Sequence

from psl.config import Student
from psl.corpora.custom.clip_times import CustomClip
from psl.corpora.custom.table import source_in_name
from psl.io.metadata.vocabulary import Vocabulary

LONG_S = 60  # of a clip, for one label


def summary(split: Mapping[str, Sequence[CustomClip]], vocabulary: Vocabulary) -> list[str]:
    """How the clips were divided, and which classes have none to evaluate with."""
    lines = [
        f"{subset}: {len(clips)} clips of {len({clip.source for clip in clips})} sources, "
        f"{_length(sum(clip.seconds for clip in clips))}"
        for subset, clips in split.items()
    ]
    all_clips = [clip for clips in split.values() for clip in clips]
    named = [clip.source for clip in all_clips if clip.source == source_in_name(clip.file)]
    if named:
        lines.append(
            f"{len(set(named))} sources of {len(named)} clips were read from their names "
            "(fold-freesoundid-take, as ESC has them)"
        )
    lines += _parts_and_lengths(all_clips)
    evaluated = {mid for clip in split["eval"] for mid in clip.mids}
    without = [name for mid, name in zip(vocabulary.mids, vocabulary.names, strict=True) if mid not in evaluated]
    if without:
        lines.append(f"{len(without)} of {len(vocabulary)} classes have no clip to evaluate with: {', '.join(without)}")
    return lines


def _parts_and_lengths(clips: Sequence[CustomClip]) -> Iterator[str]:
    """How many clips are parts of recordings, and how many are too long for one label."""
    parts = [clip.file for clip in clips if clip.end_s is not None]
    if parts:
        yield f"{len(parts)} clips are parts of {len(set(parts))} recordings"
    long = [clip for clip in clips if clip.seconds > LONG_S]
    if long:
        yield (
            f"{len(long)} of {len(clips)} clips are longer than {LONG_S} s, such as {long[0].file} with "
            f"{_length(long[0].seconds)}: a label counts for all of a clip, so state in columns start and end where it "
            "holds, or cut them with --clip-seconds"
        )


def _length(seconds: float) -> str:
    """Seconds below a minute, else minutes.

    >>> _length(7.25), _length(90)
    ('7.2 s', '1.5 min')
    """
    return f"{seconds:.1f} s" if seconds < 60 else f"{seconds / 60:.1f} min"


def not_filled(clips: Sequence[CustomClip], students: Mapping[str, Student]) -> list[str]:
    """A line for each student whose windows some clips do not fill."""
    windows = {key: student.window_seconds for key, student in students.items() if student.window_seconds is not None}
    counts = {key: sum(clip.seconds < seconds for clip in clips) for key, seconds in windows.items()}
    return [
        f"{count} of {len(clips)} clips are shorter than students.{key}.window_seconds {windows[key]:g}: they are "
        "repeated to fill it, and a shorter window would fit them better"
        for key, count in counts.items()
        if count
    ]
