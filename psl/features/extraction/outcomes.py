"""Count the clips of each status by subset and class, and stop when too few clips of a subset are present."""

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import pyarrow as pa
import pyarrow.compute as pc

from psl.io.metadata.clip_counts import count_by_status, summary_lines
from psl.io.metadata.subsets import Subsets
from psl.io.metadata.vocabulary import Vocabulary
from psl.io.schemas import Status
from psl.runtime.errors import PslError

STATUSES = tuple(Status)


@dataclass(frozen=True)
class Outcome:
    """Clips of a subset with a class among their weak labels; `mid` and `name` are None for all clips of the subset.

    The fields are the columns of reports/clips/CORPUS.csv.
    """

    subset: str
    mid: str | None
    name: str | None
    asked: int  # all clips, of any status
    present: int
    missing: int
    unreadable: int
    too_short: int
    silent: int


def outcomes(
    manifest: pa.Table, subsets: Subsets, status: pa.ChunkedArray, classes: Vocabulary | None
) -> list[Outcome]:
    """For each subset all clips, then each class in the order of `classes`; `status` is of the manifest's rows."""
    code_N = pc.index_in(status, pa.array(STATUSES)).to_numpy().astype("int64")
    rows = count_by_status(manifest, subsets, code_N, len(STATUSES), classes=classes)
    return [Outcome(subset, mid, name, sum(counts), *counts) for subset, mid, name, counts in rows]


def lines(rows: Sequence[Outcome]) -> list[str]:
    """A line for each subset: the numbers of present clips and of other statuses, and the classes without any clip."""
    return summary_lines(
        ((row.subset, row.name, row.asked, row.present, _other_statuses(row)) for row in rows), "present"
    )


def require_present(rows: Sequence[Outcome], min_share: float, statuses_path: Path | None = None) -> None:
    """Raise PslError when the share of present clips of any subset is below `min_share`.

    `statuses_path` is a file with the status of each clip, for the message.
    """
    subsets = [row for row in rows if row.mid is None]
    too_few = [
        f"{row.subset}: {row.present} of {row.asked} clips present{_other_statuses(row)}"
        for row in subsets
        if row.present < min_share * row.asked
    ]
    if too_few:
        details = f"; {statuses_path} gives the reason for each clip" if statuses_path else ""
        raise PslError(
            f"too few clips are present ({'; '.join(too_few)}), and features.min_present_share is {min_share}: check "
            "the audio folder of the corpus and run the metadata stage again (`dvc repro -f metadata@CORPUS`), or "
            f"lower the share{details}"
        )


def _other_statuses(row: Outcome) -> str:
    counts = zip(STATUSES, (row.present, row.missing, row.unreadable, row.too_short, row.silent), strict=True)
    others = ", ".join(f"{count} {status}" for status, count in counts if count and status != Status.PRESENT)
    return f", {others}" if others else ""
