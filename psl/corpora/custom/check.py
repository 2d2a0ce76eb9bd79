"""Every fault of a person's data, found before anything is written: each a line that names file and cause."""

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path, PurePosixPath

from psl.audio.decode import measure
from psl.audio.places.names import SUFFIXES
from psl.corpora.custom.labels import (
    Known,
    audioset_names,
    by_spelling,
    one_label,
    parse_labels,
    read_vocabulary,
    vocabulary_of,
)
from psl.corpora.custom.looked_for import LookedFor, looked_for
from psl.corpora.custom.table import TableRow, audio_files, read_class_folders, read_table
from psl.io.hashes import hash_file
from psl.io.metadata.vocabulary import Vocabulary
from psl.runtime.errors import PslError
from psl.runtime.progress import log, track

SAMPLE_RATE_HZ = 16_000  # at which recordings are decoded
SHORTEST_S = 0.1  # of a recording
NO_LABEL = ("",)  # of clips in which what was looked for is absent: they count as one more class


@dataclass(frozen=True)
class CustomClip:
    """A recording that is fit for use: `file` relative to the folder, `mids` its labels' ids.

    `looked_for` has the ids of the classes whose absence is known (None: of all).
    """

    file: str
    mids: tuple[str, ...]
    source: str
    seconds: float
    looked_for: LookedFor = None


@dataclass(frozen=True)
class InitRequest:
    """What a person gives: the folder of recordings, and where labels and classes are stated."""

    folder: Path
    labels: Path | None  # a table; None: one folder a class
    vocabulary: Path | None  # None: the labels that the recordings have
    audioset_classes: Path | None  # AudioSet's class list, whose ids take the place of its names
    ignore_unlisted: bool  # audio files that the table does not name are no fault
    looked_for: Path | None = None  # the classes that were looked for where the table does not say; None: all


def check(request: InitRequest) -> tuple[list[CustomClip], Vocabulary]:
    """The clips by file, and their vocabulary. Raises PslError with one line for each fault of the data."""
    if not request.folder.is_dir():
        raise PslError(f"{request.folder} is no folder: give the one that holds the recordings")
    faults: list[str] = []
    rows = read_table(request.labels, faults) if request.labels else read_class_folders(request.folder, faults)
    rows = _once(rows, faults)
    if request.labels and not request.ignore_unlisted:
        unlisted = sorted(set(audio_files(request.folder, faults)) - {row.file for row in rows})
        faults += [f"{file} is not in {request.labels}: list it, or pass --ignore-unlisted" for file in unlisted]
    audioset = audioset_names(request.audioset_classes)
    labels, vocabulary = _labels(request, rows, audioset, faults)
    sought: dict[str, LookedFor] = {}
    if vocabulary:
        sought = looked_for(
            rows, request.looked_for, labels=labels, vocabulary=vocabulary, audioset=audioset, faults=faults
        )
    seconds = _lengths(request.folder, rows, faults)
    if not rows and not faults:
        faults.append("no clip is listed")
    if not faults and len(set().union(*labels.values())) <= 1:
        faults.append(
            "all recordings are of one class, and a tagger needs two or more: add recordings of another class"
        )
    if faults or vocabulary is None:
        count = "1 fault" if len(faults) == 1 else f"{len(faults)} faults"
        raise PslError("\n".join([f"nothing was written, {request.folder} has {count}:", *faults]))
    clips = [CustomClip(row.file, labels[row.file], row.source, seconds[row.file], sought[row.file]) for row in rows]
    return sorted(clips, key=lambda clip: clip.file), vocabulary


def _once(rows: Sequence[TableRow], faults: list[str]) -> list[TableRow]:
    """One row for each file; a row without a file, and a file that comes again, are faults."""
    faults += [f"{row.where} names no file" for row in rows if not row.file]
    first: dict[str, TableRow] = {}
    for row in rows:
        if row.file and first.setdefault(row.file, row) is not row:
            faults.append(
                f"{row.where} names {row.file} again, after {first[row.file].where}: keep one row, with all its labels"
            )
    return list(first.values())


def _labels(
    request: InitRequest, rows: Sequence[TableRow], audioset: Known, faults: list[str]
) -> tuple[dict[str, tuple[str, ...]], Vocabulary | None]:
    """The ids of each file's labels, and the vocabulary; None when there is no label."""
    vocabulary = read_vocabulary(request.vocabulary, audioset) if request.vocabulary else None
    known: Known = {**audioset, **by_spelling(vocabulary)} if vocabulary else audioset
    parse = parse_labels if request.labels else one_label
    labels = {row.file: parse(row.labels, known) for row in rows}
    for row in rows:
        if not labels[row.file] and not row.looked_for and not request.looked_for:
            faults.append(f"{row.file} has no label ({row.where})")
        for mid, name in labels[row.file] if vocabulary else []:
            if vocabulary and mid not in vocabulary.index:
                faults.append(f"{row.file} has the label {name!r}, which is not in {request.vocabulary} ({row.where})")
    vocabulary = vocabulary or vocabulary_of((pair for pairs in labels.values() for pair in pairs), faults)
    return {file: tuple(mid for mid, _ in pairs) for file, pairs in labels.items()}, vocabulary


def _lengths(folder: Path, rows: Sequence[TableRow], faults: list[str]) -> dict[str, float]:
    """Seconds of each recording; one that cannot be read, or has the bytes of another, is a fault."""
    seconds: dict[str, float] = {}
    file_of_hash, cancelled = dict[str, str](), list[str]()
    for row in track(rows, "recordings read", len(rows)):
        fault = _misplaced(folder, row.file)
        if fault:
            faults.append(f"{row.file} {fault} ({row.where})")
            continue
        other = file_of_hash.setdefault(hash_file(folder / row.file), row.file)
        if other != row.file:
            faults.append(f"{row.file} holds the same bytes as {other}: keep one of them, with the labels of both")
        try:
            samples, cancelled_peak = measure(folder / row.file, SAMPLE_RATE_HZ)
        except PslError as error:
            faults.append(str(error))
            continue
        seconds[row.file] = samples / SAMPLE_RATE_HZ
        cancelled += [row.file] if cancelled_peak else []
        if seconds[row.file] < SHORTEST_S:
            faults.append(f"{row.file} lasts {seconds[row.file]:.3f} s, less than {SHORTEST_S} s")
    if cancelled:
        log(
            f"the channels of {cancelled[0]} cancel each other ({len(cancelled)} such files), so that their mean is "
            "silent: set features.channel to loudest"
        )
    return seconds


def _misplaced(folder: Path, file: str) -> str | None:
    """Why the file cannot be a recording of the folder."""
    path = PurePosixPath(file)
    if path.is_absolute() or ".." in path.parts:
        return f"lies outside {folder}: give files relative to it"
    if path.suffix.lower() not in SUFFIXES:
        return f"is not one of {', '.join(SUFFIXES)}"
    return None if (folder / file).is_file() else f"is not in {folder}"


def per_class(clips: Sequence[CustomClip]) -> Counter[str]:
    """How many clips have each label, by id, or none."""
    return Counter(mid for clip in clips for mid in clip.mids or NO_LABEL)
