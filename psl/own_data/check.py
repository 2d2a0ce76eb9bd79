"""Every fault of a person's data, found before anything is written: each a line that names file and cause."""

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path, PurePosixPath

from psl.audio import read_clip
from psl.audio_places.names import SUFFIXES
from psl.errors import PslError
from psl.files import hash_file
from psl.own_data.asked import Asked, audio_files, read_class_folders, read_table
from psl.own_data.labels import Known, audioset_names, by_spelling, found_vocabulary, one_label, parse_labels, read_vocabulary
from psl.progress import track
from psl.vocabulary import Vocabulary

RATE_HZ = 16_000  # at which recordings are looked at
SHORTEST_S = 0.1


@dataclass(frozen=True)
class OwnClip:
    """A recording that is fit for use: `file` relative to the folder, `mids` its labels' ids."""

    file: str
    mids: tuple[str, ...]
    source: str
    seconds: float


@dataclass(frozen=True)
class Told:
    """What a person gives: the folder of recordings, and where labels and classes are stated."""

    folder: Path
    labels: Path | None  # a table; None: one folder a class
    vocabulary: Path | None  # None: the labels that are found
    audioset_classes: Path | None  # AudioSet's class list, whose ids take the place of its names
    ignore_unlisted: bool  # audio files that the table does not name are no fault


def check(told: Told) -> tuple[list[OwnClip], Vocabulary]:
    """The clips by file, and their vocabulary. Raises PslError whose lines are all the faults there are."""
    if not told.folder.is_dir():
        raise PslError(f"{told.folder} is no folder: give the one that holds the recordings")
    faults: list[str] = []
    asked = read_table(told.labels, faults) if told.labels else read_class_folders(told.folder, faults)
    asked = _once(asked, faults)
    if told.labels and not told.ignore_unlisted:
        unlisted = sorted(set(audio_files(told.folder, faults)) - {row.file for row in asked})
        faults += [f"{file} is not in {told.labels}: list it, or pass --ignore-unlisted" for file in unlisted]
    labels, vocabulary = _labels(told, asked, faults)
    seconds = _lengths(told.folder, asked, faults)
    if not asked and not faults:
        faults.append("no clip is listed")
    if not faults and len(set().union(*labels.values())) == 1:
        faults.append("all recordings are of one class, and a tagger tells at least two apart: add recordings of another")
    if faults or vocabulary is None:
        told_of = "1 fault" if len(faults) == 1 else f"{len(faults)} faults"
        raise PslError("\n".join([f"nothing was written, {told.folder} has {told_of}:", *faults]))
    clips = [OwnClip(row.file, labels[row.file], row.source, seconds[row.file]) for row in asked]
    return sorted(clips, key=lambda clip: clip.file), vocabulary


def _once(asked: Sequence[Asked], faults: list[str]) -> list[Asked]:
    """Each file once; rows without a file, and files that come again, are faults."""
    faults += [f"{row.where} names no file" for row in asked if not row.file]
    first: dict[str, Asked] = {}
    for row in asked:
        if row.file and first.setdefault(row.file, row) is not row:
            faults.append(f"{row.where} names {row.file} again, after {first[row.file].where}: keep one row, with all its labels")
    return list(first.values())


def _labels(told: Told, asked: Sequence[Asked], faults: list[str]) -> tuple[dict[str, tuple[str, ...]], Vocabulary | None]:
    """The ids of each file's labels, and the vocabulary; None when there is no label."""
    audioset = audioset_names(told.audioset_classes)
    vocabulary = read_vocabulary(told.vocabulary, audioset) if told.vocabulary else None
    known: Known = {**audioset, **by_spelling(vocabulary)} if vocabulary else audioset
    parse = parse_labels if told.labels else one_label
    found = {row.file: parse(row.labels, known) for row in asked}
    for row in asked:
        if not found[row.file]:
            faults.append(f"{row.file} has no label ({row.where})")
        for mid, name in found[row.file] if vocabulary else []:
            if vocabulary and mid not in vocabulary.index:
                faults.append(f"{row.file} has the label {name!r}, which is not in {told.vocabulary} ({row.where})")
    vocabulary = vocabulary or found_vocabulary((pair for pairs in found.values() for pair in pairs), faults)
    return {file: tuple(mid for mid, _ in pairs) for file, pairs in found.items()}, vocabulary


def _lengths(folder: Path, asked: Sequence[Asked], faults: list[str]) -> dict[str, float]:
    """How many seconds each recording lasts; what cannot be read, or is there twice, is a fault."""
    seconds: dict[str, float] = {}
    same: dict[str, str] = {}
    for row in track(asked, "recordings looked at", len(asked)):
        fault = _misplaced(folder, row.file)
        if fault:
            faults.append(f"{row.file} {fault} ({row.where})")
            continue
        other = same.setdefault(hash_file(folder / row.file), row.file)
        if other != row.file:
            faults.append(f"{row.file} holds the same bytes as {other}: keep one of them, with the labels of both")
        try:
            seconds[row.file] = len(read_clip(folder / row.file, 0.0, None, RATE_HZ)) / RATE_HZ
        except PslError as error:
            faults.append(str(error))
            continue
        if seconds[row.file] < SHORTEST_S:
            faults.append(f"{row.file} lasts {seconds[row.file]:.3f} s, less than {SHORTEST_S} s")
    return seconds


def _misplaced(folder: Path, file: str) -> str | None:
    path = PurePosixPath(file)
    if path.is_absolute() or ".." in path.parts:
        return f"lies outside {folder}: give files relative to it"
    if path.suffix.lower() not in SUFFIXES:
        return f"is none of {', '.join(SUFFIXES)}"
    return None if (folder / file).is_file() else f"is not in {folder}"


def per_class(clips: Sequence[OwnClip]) -> Counter[str]:
    """How many clips have each label, by id."""
    return Counter(mid for clip in clips for mid in clip.mids)
