"""A person's decisions become labels: the table of the clips corrected, or strong labels, both as `psl init` reads."""

import csv
import json
from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path

from psl.audit.queue import QueueRow
from psl.audit.review import Answer
from psl.corpora.custom.cells import spelling, split_cell
from psl.corpora.custom.labels import Known
from psl.corpora.custom.looked_for import EVERY
from psl.corpora.custom.recordings import audio_files
from psl.corpora.custom.table import LOOKED_FOR, TableRow, on_disk, read_class_folders, read_table

SEPARATING = frozenset(";|,()[]{}'\"\uff1b\ufe54\u061b\uff5c\uff0c\ufe50\u3001\u060c")  # in labels that need quotes
STRONG = ("file", "start", "end", "labels", LOOKED_FOR)

Table = list[list[str]]  # a header and rows
Answers = Mapping[int, Answer]


@dataclass
class Change:
    """Ids of the classes that a clip gets, and of those that it is known to lack."""

    added: dict[str, None] = field(default_factory=dict)
    denied: dict[str, None] = field(default_factory=dict)


@dataclass(frozen=True)
class Words:
    """How the person writes labels: `written` has id and name of the class of each label."""

    written: Mapping[str, tuple[str, str]]
    names: Mapping[str, str]  # of all classes, by id

    def labels(self, text: str) -> dict[str, str]:
        """The labels in a cell by the ids of their classes."""
        known: Known = {spelling(label): pair for label, pair in self.written.items()}
        return {known.get(spelling(label), (label, label))[0]: label for label in split_cell(text, known)}

    def label(self, mid: str) -> str:
        """The person's own label for a class, or its name."""
        return next((label for label, (own, _) in self.written.items() if own == mid), self.names.get(mid, mid))


def changes(rows: Iterable[QueueRow], answers: Answers) -> dict[str, Change]:
    """By clip. A yes adds the class to the window's clip; a no denies it where the window is the clip's surest one."""
    found = defaultdict[str, Change](Change)
    decided = [(row, answers[row.row]) for row in rows if row.row in answers]
    for row, answer in decided:
        if answer == "yes":
            found[row.clip].added[row.class_id] = None
    for row, answer in decided:
        if answer == "no" and row.surest and row.class_id not in found[row.clip].added:
            found[row.clip].denied[row.class_id] = None
    return dict(found)


def weak_table(folder: Path, labels: Path | None, changed: Mapping[str, Change], words: Words) -> tuple[Table, int]:
    """The person's table, or one of the class folders, with its labels corrected, and in how many rows they differ.

    Rows and cells that no decision concerns stay as they are. A clip that is left without a label says in looked_for
    that all classes were looked for, without which `psl init` takes no such clip.
    """
    before = [*(_of_table(folder, labels) if labels else _of_folders(folder))]
    after = [_corrected(cells, changed.get(row.clip if row else ""), words) for row, cells in before]
    columns = list(dict.fromkeys(name for cells in after for name in cells))
    n_changed = sum(cells != new for (_, cells), new in zip(before, after, strict=True))
    return [columns, *([cells.get(name, "") for name in columns] for cells in after)], n_changed


def _of_table(folder: Path, labels: Path) -> Iterator[tuple[TableRow | None, dict[str, str]]]:
    """Each row of the table as it stands there, and as it is understood (None: it is not, as the audit has said)."""
    faults: list[str] = []
    understood = on_disk(read_table(labels, faults), audio_files(folder, faults))
    row_of, header, begins = {row.where: row for row in understood}, list[str](), 1
    with labels.open(newline="", encoding="utf-8-sig") as handle:
        reader = csv.reader(handle, skipinitialspace=True)
        for cells in reader:
            if header and any(cells):
                yield row_of.get(f"line {begins} of {labels}"), dict(zip(header, cells, strict=False))
            header, begins = header or [name.strip() for name in cells], reader.line_num + 1


def _of_folders(folder: Path) -> Iterator[tuple[TableRow, dict[str, str]]]:
    for row in read_class_folders(folder, []):
        yield row, {"file": row.file, "labels": cell([row.labels])}


def _corrected(cells: Mapping[str, str], change: Change | None, words: Words) -> dict[str, str]:
    """The cells of a clip after a change."""
    if change is None:
        return dict(cells)
    own = words.labels(cells["labels"])
    kept = {mid: label for mid, label in own.items() if mid not in change.denied}
    kept |= {mid: words.label(mid) for mid in change.added if mid not in kept}
    after = dict(cells) if kept.keys() == own.keys() else {**cells, "labels": cell(kept.values())}
    sought = cells.get(LOOKED_FOR, "").strip()
    if sought and sought != EVERY:
        stated = words.labels(sought)
        more = {mid: words.label(mid) for mid in (*change.added, *change.denied) if mid not in stated}
        return after if not more else {**after, LOOKED_FOR: cell([*stated.values(), *more.values()])}
    return after if kept else {**after, LOOKED_FOR: EVERY}


def cell(labels: Iterable[str]) -> str:
    """Labels in one cell, as psl.corpora.custom.cells reads them.

    >>> cell(["Dog", "Cat"]), cell(["Speech, male", "Dog"])
    ('Dog;Cat', '["Speech, male", "Dog"]')
    """
    labels = list(labels)
    if any(SEPARATING & set(label) for label in labels):
        return json.dumps(labels, ensure_ascii=False)
    return ";".join(labels)


def strong_table(rows: Sequence[QueueRow], answers: Answers, words: Words) -> Table:
    """Each window with a decision: the classes that are heard there, and in looked_for all that were decided.

    A no is left out where a yes of the same class overlaps it.
    """
    decided = [(row, answers[row.row]) for row in rows if answers.get(row.row) in ("yes", "no")]
    heard = [row for row, answer in decided if answer == "yes"]
    windows = defaultdict[tuple[str, int, int], dict[str, bool]](dict)
    for row, answer in decided:
        if answer == "yes" or not any(_overlap(row, other) for other in heard):
            windows[row.file, row.start_ms, row.end_ms][row.class_id] = answer == "yes"
    body = [
        [file, f"{start_ms / 1000:.3f}", f"{end_ms / 1000:.3f}", *_cells(said, words)]
        for (file, start_ms, end_ms), said in sorted(windows.items())
    ]
    return [list(STRONG), *body]


def _overlap(row: QueueRow, other: QueueRow) -> bool:
    same = (row.file, row.class_id) == (other.file, other.class_id)
    return same and row.start_ms < other.end_ms and other.start_ms < row.end_ms


def _cells(said: Mapping[str, bool], words: Words) -> tuple[str, str]:
    return cell(words.label(mid) for mid, heard in said.items() if heard), cell(map(words.label, said))
