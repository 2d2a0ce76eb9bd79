"""How many clips of each subset and class a corpus asks for, and of how many the audio was found."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from psl.clip_counts import tally, told
from psl.vocabulary import Vocabulary


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
    found_N = pc.is_valid(manifest["path"]).to_numpy().astype(np.int64)
    counted = tally(manifest, found_N, 2, classes)
    return [Count(subset, mid, name, missing + found, found) for subset, mid, name, (missing, found) in counted]


def lines(counts: Sequence[Count]) -> list[str]:
    """A line for each subset: clips found of those asked for, and the classes that were lost."""
    return told(((count.subset, count.name, count.asked, count.found, "") for count in counts), "found")
