"""A corpus's own classes, and the AudioSet classes that each of them is: by mid where the corpus has mids, else by a stated table.

The tables are psl/corpora/class_tables/<corpus>.csv: `label,mid,audioset_name`, one line for each AudioSet class that a label covers.
A set that psl/soundscapes built has such a table of its own, class_table.csv, beside its lists: its sounds are not the published
classes, and the published labels stay what a list without that file is held to. (The vocabulary.csv that FSDKaggle2019 publishes is
not read in its place: it could differ from the 80 labels without a word.)
outside_audioset.csv there lists what these corpora use of AudioSet's ontology although it is none of the 527 classes.
"""

import csv
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path

from psl.corpora.list_files import bad, records, rows
from psl.errors import PslError
from psl.files import write_whole
from psl.progress import say
from psl.vocabulary import Vocabulary

TABLES = Path(__file__).parent / "class_tables"
OWN_TABLE = "class_table.csv"
AUDIOSET_CLASSES, HEADER = "audioset_classes.csv", ["mid", "name", "audioset_mid"]
VOCABULARY_HEADER = ["idx", "label", "mid"]


@dataclass(frozen=True)
class Classes:
    """`vocabulary` holds the ids and the labels as the corpus spells them; `audioset` the AudioSet mids of each id, maybe none."""

    vocabulary: Vocabulary
    audioset: Mapping[str, tuple[str, ...]]

    @cached_property
    def id_of(self) -> dict[str, str]:
        """Id of each label."""
        return dict(zip(self.vocabulary.names, self.vocabulary.mids, strict=True))

    def ids(self, path: Path, line: int, labels: tuple[str, ...]) -> list[str]:
        """The ids of a clip's labels. Raises PslError that names the line for none, or for one that is no class."""
        if not labels:
            bad(path, line, "at least one label")
        unknown = [label for label in labels if label not in self.id_of]
        return [self.id_of[label] for label in labels] if not unknown else bad(path, line, f"a label of the corpus, not {unknown[0]}")

    def write(self, folder: Path) -> None:
        """Write classes.csv, and audioset_classes.csv: one line for each AudioSet class of a class, one without where there is none."""
        self.vocabulary.write(folder / "classes.csv")
        with write_whole(folder / AUDIOSET_CLASSES) as temporary, temporary.open("w", newline="", encoding="utf-8") as handle:
            writer = csv.writer(handle, lineterminator="\n")
            writer.writerow(HEADER)
            for name, mid in self.id_of.items():
                writer.writerows([mid, name, audioset_mid] for audioset_mid in self.audioset[mid] or ("",))

    def say_unmapped(self, corpus: str) -> None:
        """Tell which classes AudioSet's 527 do not have."""
        without = [name for name, mid in self.id_of.items() if not self.audioset[mid]]
        say(
            f"{corpus}: {len(self.id_of) - len(without)} of {len(self.id_of)} classes are among AudioSet's 527"
            + (f", not {', '.join(without)}" if without else "")
        )


def by_mid(mid_of: Mapping[str, str]) -> Classes:
    """Classes whose labels have one mid each, which is their id; those outside the 527, a bank's own among them, have no AudioSet class."""
    outside = {row["mid"] for _, row in records(TABLES / "outside_audioset.csv", ",", ("mid",), "psl's tables")}
    audioset = {mid: () if mid in outside or not mid.startswith("/") else (mid,) for mid in mid_of.values()}
    return Classes(Vocabulary(tuple(mid_of.values()), tuple(mid_of)), audioset)


def by_table(corpus: str, lists: Path) -> Classes:
    """The classes of a corpus whose table gives each label one mid: the one in `lists` where there is one. Raises PslError for another."""
    path = lists / OWN_TABLE if (lists / OWN_TABLE).exists() else TABLES / f"{corpus}.csv"
    mids_of = _table(path)
    several = [label for label, mids in mids_of.items() if len(mids) > 1]
    if several:
        raise PslError(f"the class table {path} gives {several[0]} more than one mid: leave one")
    return by_mid({label: mid for label, (mid,) in mids_of.items()})


def by_label(corpus: str) -> Classes:
    """The classes of a corpus whose table gives a label several mids: the labels are their ids."""
    mids_of = _table(TABLES / f"{corpus}.csv")
    return Classes(Vocabulary(tuple(mids_of), tuple(mids_of)), mids_of)


def read_vocabulary(path: Path, where: str) -> Classes:
    """The classes of a list `idx,label,mid` with a header or, as published, without. Raises PslError that names the line at fault."""
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
