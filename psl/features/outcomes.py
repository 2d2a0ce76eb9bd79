"""What became of a corpus's clips, counted by subset and class, and the stop when too few of a subset are present."""

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import pyarrow as pa
import pyarrow.compute as pc

from psl.clip_counts import tally, told
from psl.errors import PslError
from psl.schemas import Status
from psl.vocabulary import Vocabulary

STATUSES = tuple(Status)


@dataclass(frozen=True)
class Outcome:
    """Clips of a subset with a class among their weak labels; `mid` and `name` are None for all clips of the subset."""

    subset: str
    mid: str | None
    name: str | None
    asked: int
    present: int
    missing: int
    unreadable: int
    too_short: int
    silent: int


def outcomes(manifest: pa.Table, status: pa.ChunkedArray, classes: Vocabulary | None) -> list[Outcome]:
    """For each subset all clips, then each class in the order of `classes`; `status` is that of the manifest's rows."""
    code_N = pc.index_in(status, pa.array(STATUSES)).to_numpy().astype("int64")
    counted = tally(manifest, code_N, len(STATUSES), classes)
    return [Outcome(subset, mid, name, sum(counts), *counts) for subset, mid, name, counts in counted]


def lines(counted: Sequence[Outcome]) -> list[str]:
    """A line for each subset: clips present of those asked for, what became of the others, and the classes that were lost."""
    return told(((outcome.subset, outcome.name, outcome.asked, outcome.present, _others(outcome)) for outcome in counted), "present")


def refuse_few(counted: Sequence[Outcome], min_present_share: float, listed: Path | None = None) -> None:
    """Raise PslError when fewer clips of a subset than that share are present; a large subset does not hide a small one.

    `listed` is a file that says of each clip why it is not.
    """
    few = [whole for whole in counted if whole.mid is None and whole.present < min_present_share * whole.asked]
    if few:
        few_told = "; ".join(f"{whole.subset}: {whole.present} of {whole.asked} clips present{_others(whole)}" for whole in few)
        where = f"; {listed} says why of each clip" if listed else ""
        raise PslError(
            f"too few clips are there ({few_told}), and features.min_present_share is {min_present_share}: see to the audio folder of "
            f"the corpus and run the metadata stage again (`dvc repro -f metadata@CORPUS`), or lower the share{where}"
        )


def _others(whole: Outcome) -> str:
    counts = zip(STATUSES, (whole.present, whole.missing, whole.unreadable, whole.too_short, whole.silent), strict=True)
    others = ", ".join(f"{count} {status}" for status, count in counts if count and status != Status.PRESENT)
    return f", {others}" if others else ""
