"""The page's section on the clips themselves: how many the lists name, and how many are usable."""

from collections.abc import Mapping, Sequence
from typing import Any

from psl.report.sections import Section
from psl.report.tables import Table

COLUMNS = ("asked", "present", "missing", "unreadable", "too_short", "silent")


def clips_table(counts: Mapping[str, Sequence[Mapping[str, Any]]]) -> Table:
    """A row for each corpus and subset; `counts` holds the rows of each corpus's reports/clips/CORPUS.csv."""
    return [
        {"corpus and subset": f"{corpus}, {row['subset']}"}
        | {column.replace("_", " "): f"{row[column]:,}" for column in COLUMNS}
        for corpus, rows in counts.items()
        for row in rows
        if not row["mid"]
    ]


def clips_section(table: Table) -> Section:
    """What became of the clips."""
    text = (
        "What the lists ask for and what became of it; training and evaluation use the clips that are present, and a "
        "subset holds the smaller ones. reports/clips/ counts each class, data/features/CORPUS/clips.parquet says of "
        "every clip why it was left out."
    )
    return Section("Clips", text, table, None)
