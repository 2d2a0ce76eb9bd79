"""A corpus's own classes and the AudioSet classes that they map to: by mid where the corpus has mids, else by a table.

The tables are psl/corpora/lists/class_tables/CORPUS.csv: `label,mid,audioset_name`, one line for each AudioSet class
that a label covers. A synthetic set has a table of its own, class_table.csv, beside its lists, because its classes are
not the published ones. (The vocabulary.csv that FSDKaggle2019 publishes is not read instead: it could differ from the
80 labels unnoticed.) outside_audioset.csv lists the classes of AudioSet's ontology that these corpora use although they
are not among the 527.
"""

import csv
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path

from psl.io.files import atomic_write
from psl.io.list_files import bad, records, rows
from psl.io.metadata.vocabulary import Vocabulary
from psl.io.schemas import AUDIOSET_CLASSES, AUDIOSET_CLASSES_HEADER
from psl.runtime.errors import PslError
from psl.runtime.progress import log

TABLES = Path(__file__).parent / "class_tables"
OWN_TABLE = "class_table.csv"
VOCABULARY_HEADER = ["idx", "label", "mid"]


@dataclass(frozen=True)
class Classes:
    """`vocabulary` has the ids and the corpus's own labels; `audioset` the AudioSet mids of each id, possibly none."""

    vocabulary: Vocabulary
    audioset: Mapping[str, tuple[str, ...]]

    @cached_property
    def id_of(self) -> dict[str, str]:
        """The id of each label."""
        return dict(zip(self.vocabulary.names, self.vocabulary.mids, strict=True))

    def ids(self, path: Path, line: int, labels: tuple[str, ...]) -> list[str]:
        """The ids of a clip's labels. Raises PslError that names the line when there are none, or one is no class."""
        if not labels:
            bad(path, line, "at least one label")
        unknown = [label for label in labels if label not in self.id_of]
        if unknown:
            bad(path, line, f"a label of the corpus, not {unknown[0]}")
        return [self.id_of[label] for label in labels]

    def write(self, folder: Path) -> None:
        """Write classes.csv, and audioset_classes.csv with one line per AudioSet class of a class, or an empty one."""
        self.vocabulary.write(folder / "classes.csv")
        with (
            atomic_write(folder / AUDIOSET_CLASSES) as temporary,
            temporary.open("w", newline="", encoding="utf-8") as handle,
        ):
            writer = csv.writer(handle, lineterminator="\n")
            writer.writerow(AUDIOSET_CLASSES_HEADER)
            for name, mid in self.id_of.items():
                writer.writerows([mid, name, audioset_mid] for audioset_mid in self.audioset[mid] or ("",))

    def log_unmapped(self, corpus: str) -> None:
        """Log which classes AudioSet's 527 lack."""
        unmapped = [name for name, mid in self.id_of.items() if not self.audioset[mid]]
        log(
            f"{corpus}: {len(self.id_of) - len(unmapped)} of {len(self.id_of)} classes are among AudioSet's 527"
            + (f", not {', '.join(unmapped)}" if unmapped else "")
        )


def by_mid(mid_of: Mapping[str, str]) -> Classes:
    """Classes whose labels have one mid each, their id; those outside the 527 have no AudioSet class."""
    outside = {row["mid"] for _, row in records(TABLES / "outside_audioset.csv", ",", ("mid",), "psl's tables")}
    audioset = {mid: () if mid in outside or not mid.startswith("/") else (mid,) for mid in mid_of.values()}
    return Classes(Vocabulary(tuple(mid_of.values()), tuple(mid_of)), audioset)


def by_table(corpus: str, lists: Path) -> Classes:
    """The classes of a corpus whose table has one mid per label: the table in `lists`, else the published one.

    Raises PslError for a table with several mids for a label.
    """
    path = lists / OWN_TABLE if (lists / OWN_TABLE).exists() else TABLES / f"{corpus}.csv"
    mids_of = _table(path)
    ambiguous = [label for label, mids in mids_of.items() if len(mids) > 1]
    if ambiguous:
        raise PslError(f"the class table {path} gives {ambiguous[0]} more than one mid: leave one")
    return by_mid({label: mid for label, (mid,) in mids_of.items()})


def by_label(corpus: str) -> Classes:
    """The classes of a corpus whose table has several mids per label: the labels are their ids."""
    mids_of = _table(TABLES / f"{corpus}.csv")
    return Classes(Vocabulary(tuple(mids_of), tuple(mids_of)), mids_of)


def read_vocabulary(path: Path, where: str) -> Classes:
    """The classes of a list `idx,label,mid`, with or without a header. Raises PslError that names the line at fault."""
    mid_of: dict[str, str] = {}
    for line, row in rows(path, ",", where):
        if row != VOCABULARY_HEADER:
            if len(row) != 3 or row[0] != str(len(mid_of)) or not all(row):
                bad(path, line, f"idx,label,mid with idx {len(mid_of)}")
            if row[1] in mid_of or row[2] in mid_of.values():
                bad(path, line, f"a class that is not listed before, not {row[1]}, {row[2]}")
            mid_of[row[1]] = row[2]
    if not mid_of:
        raise PslError(f"the list {path} names no class")
    return by_mid(mid_of)


def _table(path: Path) -> dict[str, tuple[str, ...]]:
    """The mids of each label, in the table's order."""
    mids_of: dict[str, tuple[str, ...]] = {}
    for _, row in records(path, ",", ("label", "mid"), "psl's tables"):
        mids_of[row["label"]] = (*mids_of.get(row["label"], ()), row["mid"])
    return mids_of
