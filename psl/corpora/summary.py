"""How many clips of each subset and class a corpus asks for, and of how many the audio was found."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from psl.schemas import NESTED_SUBSETS, nested
from psl.vocabulary import Vocabulary

SHOWN = 5  # classes in a line


@dataclass(frozen=True)
class Count:
    """Clips of a subset with a class among their weak labels; `mid` and `name` are None for all clips of the subset."""

    subset: str
    mid: str | None
    name: str | None
    asked: int
    found: int


def summary(manifest: pa.Table, classes: Vocabulary) -> list[Count]:
    """For each subset all clips, then each class in the order of `classes`. A subset of AudioSet counts those that it holds, too."""
    there = set(manifest["subset"].unique().to_pylist())
    names = [subset for subset in NESTED_SUBSETS if subset in there] + sorted(there - set(NESTED_SUBSETS))
    return [count for name in names for count in _subset(name, _rows(manifest, name), classes)]


def lines(counts: Sequence[Count]) -> list[str]:
    """A line for each subset: clips found of those asked for, and the classes that were lost."""
    told = []
    for whole in (count for count in counts if count.mid is None):
        lost = [c.name for c in counts if c.subset == whole.subset and c.mid is not None and c.asked and not c.found]
        share = f"{whole.subset}: {whole.found} of {whole.asked} clips found ({whole.found / whole.asked:.1%})"
        told.append(share + (f"; none of {len(lost)} classes: {_some(lost)}" if lost else ""))
    return told


def _rows(manifest: pa.Table, subset: str) -> pa.Table:
    return manifest.filter(pc.is_in(manifest["subset"], pa.array(nested(subset))))


def _subset(subset: str, rows: pa.Table, classes: Vocabulary) -> list[Count]:
    here = pc.is_valid(rows["path"]).to_numpy()
    labels = rows["labels"].combine_chunks()
    class_L = pc.index_in(labels.flatten(), pa.array(classes.mids)).to_numpy(zero_copy_only=False)
    here_L = here[labels.value_parent_indices().to_numpy()]
    asked = np.bincount(class_L, minlength=len(classes)).tolist()
    found = np.bincount(class_L[here_L], minlength=len(classes)).tolist()
    each = (Count(subset, *row) for row in zip(classes.mids, classes.names, asked, found, strict=True))
    return [Count(subset, None, None, len(rows), int(here.sum())), *each]


def _some(names: Sequence[str | None]) -> str:
    more = f" and {len(names) - SHOWN} more" if len(names) > SHOWN else ""
    return ", ".join(str(name) for name in names[:SHOWN]) + more
