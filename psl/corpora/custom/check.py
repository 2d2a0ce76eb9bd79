"""Every fault of a person's data, found before anything is written: each a line that names file and cause."""

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from functools import partial
from pathlib import Path, PurePosixPath

from psl.audio.decode import measure
from psl.audio.places.names import SUFFIXES
from psl.corpora.custom.cells import plain, split_cell
from psl.corpora.custom.clip_times import CustomClip, contradictions, cut, within
from psl.corpora.custom.labels import (
    Known,
    audioset_names,
    by_spelling,
    class_pairs,
    log_spellings,
    parts_of_names,
    read_vocabulary,
    vocabulary_of,
)
from psl.corpora.custom.looked_for import LookedFor, looked_for
from psl.corpora.custom.recordings import audio_files
from psl.corpora.custom.table import TableRow, on_disk, read_class_folders, read_table
from psl.io.hashes import hash_file
from psl.io.metadata.vocabulary import Vocabulary
from psl.runtime.errors import PslError
from psl.runtime.progress import log, track

SAMPLE_RATE_HZ = 16_000  # at which recordings are decoded
NO_LABEL = ("",)  # of clips in which what was looked for is absent: they count as one more class


@dataclass(frozen=True)
class InitRequest:
    """What a person gives: the folder of recordings, and where labels and classes are stated."""

    folder: Path
    labels: Path | None  # a table; None: one folder a class
    vocabulary: Path | None  # None: the labels that the recordings have
    audioset_classes: Path | None  # AudioSet's class list, whose ids take the place of its names
    ignore_unlisted: bool  # audio files that the table does not name are no fault
    looked_for: Path | None = None  # the classes that were looked for where the table does not say; None: all
    clip_seconds: float | None = None  # to which longer clips are cut


def check(request: InitRequest) -> tuple[list[CustomClip], Vocabulary]:
    """The clips by file, and their vocabulary. Raises PslError with one line for each fault of the data."""
    if not request.folder.is_dir():
        raise PslError(f"{request.folder} is no folder: give the one that holds the recordings")
    faults: list[str] = []
    rows = _listed(request, request.labels, faults) if request.labels else read_class_folders(request.folder, faults)
    rows = _once(rows, faults)
    audioset = audioset_names(request.audioset_classes)
    labels, vocabulary = _labels(request, rows, audioset, faults)
    sought: dict[str, LookedFor] = {}
    if vocabulary:
        sought = looked_for(
            rows, request.looked_for, labels=labels, vocabulary=vocabulary, audioset=audioset, faults=faults
        )
        faults += contradictions([row for row in rows if labels[row.clip] or sought[row.clip]], labels, sought)
    length_of = _lengths(request.folder, rows, faults)
    timed = [row for row in rows if row.file in length_of]
    faults += [f"{row.clip} {fault}" for row in timed if (fault := within(row, length_of[row.file]))]
    if not rows and not faults:
        faults.append("no recording is there or listed: give a folder that holds audio files, or a table of them")
    if not faults and len(set().union(*labels.values())) <= 1:
        faults.append(
            "all recordings are of one class, and a tagger needs two or more: add recordings of another class"
        )
    if faults or vocabulary is None:
        count = "1 fault" if len(faults) == 1 else f"{len(faults)} faults"
        raise PslError("\n".join([f"nothing was written, {request.folder} has {count}:", *faults]))
    clips = [_clip(row, labels[row.clip], sought[row.clip], length_of[row.file]) for row in rows]
    parts = [part for clip in clips for part in cut(clip, request.clip_seconds)]
    return sorted(parts, key=lambda clip: (clip.file, clip.start_s)), vocabulary


def _clip(row: TableRow, mids: tuple[str, ...], looked_for: LookedFor, length_s: float) -> CustomClip:
    """The clip of a row in a recording of this length."""
    end_s = None if row.end_s is None else min(row.end_s, length_s)
    seconds = (length_s if end_s is None else end_s) - row.start_s
    return CustomClip(row.file, mids, row.source, seconds, looked_for, start_s=row.start_s, end_s=end_s)


def _listed(request: InitRequest, labels: Path, faults: list[str]) -> list[TableRow]:
    """The rows of the table, each with the name that its file has in the folder; files without a row are faults."""
    rows = read_table(labels, faults)
    files = audio_files(request.folder, [] if request.ignore_unlisted else faults)
    rows = on_disk(rows, files)
    if not request.ignore_unlisted:
        unlisted = sorted(set(files) - {row.file for row in rows})
        faults += [f"{file} is not in {labels}: list it, or pass --ignore-unlisted" for file in unlisted]
    return rows


def _once(rows: Sequence[TableRow], faults: list[str]) -> list[TableRow]:
    """One row for each clip; a row without a file, and a clip that comes again, are faults.

    So are clips of one recording that have several sources: some would train, and others evaluate.
    """
    faults += [f"{row.where} names no file" for row in rows if not row.file]
    first: dict[str, TableRow] = {}
    for row in rows:
        if row.file and first.setdefault(row.clip, row) is not row:
            faults.append(
                f"{row.where} names {row.clip} again, after {first[row.clip].where}: keep one row, with all its labels"
            )
    source_of: dict[str, TableRow] = {}
    for row in first.values():
        other = source_of.setdefault(row.file, row)
        if other.source != row.source:
            faults.append(f"{row.where} has another source than {other.where}: state one for a recording")
    return list(first.values())


def _labels(
    request: InitRequest, rows: Sequence[TableRow], audioset: Known, faults: list[str]
) -> tuple[dict[str, tuple[str, ...]], Vocabulary | None]:
    """The ids of each clip's labels, and the vocabulary (None when there is no label)."""
    vocabulary = read_vocabulary(request.vocabulary, audioset) if request.vocabulary else None
    known: Known = {**audioset, **by_spelling(vocabulary)} if vocabulary else audioset
    labels_in = partial(_written, known=known, faults=faults) if request.labels else _of_folder
    written = {row.clip: labels_in(row) for row in rows}
    labels = {clip: class_pairs(names or (), known) for clip, names in written.items()}
    for row in rows:
        if written[row.clip] == [] and not row.looked_for and not request.looked_for:
            faults.append(f"{row.clip} has no label ({row.where})")
        for mid, name in labels[row.clip] if vocabulary else []:
            if vocabulary and mid not in vocabulary.index:
                meant = "".join(f"; perhaps it is {part}" for part in parts_of_names([name], by_spelling(vocabulary)))
                faults.append(
                    f"{row.clip} has the label {name!r}, which is not in {request.vocabulary} ({row.where}){meant}"
                )
    vocabulary = vocabulary or vocabulary_of((pair for pairs in labels.values() for pair in pairs), faults)
    if not faults:
        log_spellings([name for names in written.values() for name in names or ()], known)
    return {clip: tuple(mid for mid, _ in pairs) for clip, pairs in labels.items()}, vocabulary


def _of_folder(row: TableRow) -> list[str]:
    """The label that a class folder's name is; none where nothing of the name is seen."""
    return [row.labels] if plain(row.labels) else []


def _written(row: TableRow, known: Known, faults: list[str]) -> list[str] | None:
    """The labels of a row as they are written; None for a cell that is a fault."""
    try:
        return split_cell(row.labels, known)
    except PslError as error:
        faults.append(f"{row.where} {error}")
        return None


def _lengths(folder: Path, rows: Sequence[TableRow], faults: list[str]) -> dict[str, float]:
    """Seconds of each recording; one that cannot be read, or has the bytes of another, is a fault."""
    seconds: dict[str, float] = {}
    file_of_hash, cancelled = dict[str, str](), list[str]()
    where_of = {row.file: row.where for row in reversed(rows)}
    for file in track(list(dict.fromkeys(row.file for row in rows)), "recordings read", len(where_of)):
        fault = _misplaced(folder, file)
        if fault:
            faults.append(f"{file} {fault} ({where_of[file]})")
            continue
        other = file_of_hash.setdefault(hash_file(folder / file), file)
        if other != file:
            faults.append(f"{file} holds the same bytes as {other}: keep one of them, with the labels of both")
        try:
            samples, cancelled_peak = measure(folder / file, SAMPLE_RATE_HZ)
        except PslError as error:
            faults.append(str(error))
            continue
        seconds[file] = samples / SAMPLE_RATE_HZ
        cancelled += [file] if cancelled_peak else []
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
