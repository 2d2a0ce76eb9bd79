"""The labels that a person gives, of a table or of class folders; what cannot be used is listed, the rest goes on."""

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from psl.audio.places.names import SUFFIXES
from psl.corpora.custom.cells import plain, spelling, split_cell
from psl.corpora.custom.labels import Known, audioset_names, class_pairs, log_spellings, vocabulary_of
from psl.corpora.custom.looked_for import EVERY, LookedFor
from psl.corpora.custom.recordings import audio_files
from psl.corpora.custom.table import TableRow, on_disk, read_class_folders, read_table
from psl.io.metadata.vocabulary import Vocabulary
from psl.runtime.errors import PslError


@dataclass(frozen=True)
class LabelledClip:
    """A recording, or a part of one, with the labels that it has; it ends with the recording where `end_s` is None."""

    name: str  # that no other clip has
    file: str  # relative to the folder
    start_s: float
    end_s: float | None
    mids: tuple[str, ...]
    looked_for: LookedFor  # the ids of the classes whose absence is stated; None: all


@dataclass(frozen=True)
class Given:
    """The clips in the order of the table or of the names, their classes, and why others were left out."""

    clips: tuple[LabelledClip, ...]
    vocabulary: Vocabulary
    unused: tuple[str, ...]
    written: Mapping[str, tuple[str, str]]  # the id and name of the class of each label, as it is written


def read_given(folder: Path, labels: Path | None, audioset_classes: Path | None, annotator: Vocabulary) -> Given:
    """The clips that the table `labels` names or, without one, those of the class folders, as `psl init` reads them.

    A label that is spelt as a class of the annotator is that class. Raises PslError for a folder without audio, for
    what is no table, and where no clip has a label.
    """
    if not folder.is_dir():
        raise PslError(f"{folder} is no folder: give the one that holds the recordings")
    faults: list[str] = []
    rows = _listed(folder, labels, faults) if labels else read_class_folders(folder, faults)
    if not audio_files(folder, []):
        raise PslError(f"the folder {folder} holds no audio file ({', '.join(SUFFIXES)}): give one that does")
    known = {**audioset_names(audioset_classes), **_names_of_one(annotator)}
    labels_of = _written(_once(rows, faults), known, faults, is_table=labels is not None)
    pairs_of = {row: class_pairs(names, known) for row, names in labels_of.items()}
    written = list(dict.fromkeys(name for names in labels_of.values() for name in names))
    log_spellings(written, known)
    vocabulary = vocabulary_of((pair for pairs in pairs_of.values() for pair in pairs), faults)
    if vocabulary is None:
        reason = f": {faults[0]}" if faults else ""
        raise PslError(f"no recording of {labels or folder} has a label that could be audited{reason}")
    clips = tuple(_clip(row, pairs, known, faults) for row, pairs in pairs_of.items())
    as_written = {name: class_pairs([name], known)[0] for name in written}
    return Given(clips, vocabulary, tuple(dict.fromkeys(faults)), as_written)


def _names_of_one(vocabulary: Vocabulary) -> Known:
    """The annotator's classes by spelling, but for names that several of them share."""
    pairs = list(zip(vocabulary.mids, vocabulary.names, strict=True))
    shared = Counter(spelling(name) for _, name in pairs)
    by_name = {spelling(name): (mid, name) for mid, name in pairs if shared[spelling(name)] == 1}
    return by_name | {spelling(mid): (mid, name) for mid, name in pairs}


def _listed(folder: Path, labels: Path, faults: list[str]) -> list[TableRow]:
    """The rows of the table; files that it does not name are counted."""
    rows = read_table(labels, faults)
    files = audio_files(folder, faults)
    rows = on_disk(rows, files)
    if others := sorted(set(files) - {row.file for row in rows}):
        many = f"{len(others)} files are" if len(others) > 1 else "1 file is"
        faults.append(f"{many} not in {labels}, such as {others[0]}: list them to have them audited")
    return rows


def _once(rows: Sequence[TableRow], faults: list[str]) -> list[TableRow]:
    """One row for each clip; one without a file, and a clip that comes again, are faults."""
    first: dict[str, TableRow] = {}
    for row in rows:
        if not row.file:
            faults.append(f"{row.where} names no file")
        elif first.setdefault(row.clip, row) is not row:
            faults.append(f"{row.where} names {row.clip} again, after {first[row.clip].where}, and was left out")
    return list(first.values())


def _written(rows: Iterable[TableRow], known: Known, faults: list[str], *, is_table: bool) -> dict[TableRow, list[str]]:
    """The labels of each row that can be understood, as they are written."""
    labels_of = {}
    for row in rows:
        try:
            labels_of[row] = split_cell(row.labels, known) if is_table else [row.labels] if plain(row.labels) else []
        except PslError as error:
            faults.append(f"{row.where} {error}")
    return labels_of


def _clip(row: TableRow, pairs: Sequence[tuple[str, str]], known: Known, faults: list[str]) -> LabelledClip:
    mids = tuple(mid for mid, _ in pairs)
    try:
        text = "" if row.looked_for == EVERY else row.looked_for
        looked_for = tuple(mid for mid, _ in class_pairs(split_cell(text, known), known)) or None
    except PslError as error:
        faults.append(f"{row.where} {error}")
        looked_for = mids
    return LabelledClip(row.clip, row.file, row.start_s, row.end_s, mids, looked_for)
