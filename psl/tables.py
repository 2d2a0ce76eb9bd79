"""Small tables for people: a list of dataclass rows as a CSV file."""

import csv
from collections.abc import Sequence
from dataclasses import asdict, fields
from pathlib import Path
from typing import TYPE_CHECKING

from psl.files import write_whole

if TYPE_CHECKING:
    from _typeshed import DataclassInstance


def write_table(path: Path, kind: "type[DataclassInstance]", rows: "Sequence[DataclassInstance]") -> None:
    """Write `rows`, all of the dataclass `kind`, with its fields as the header; None is an empty cell, floats have 6 digits."""
    with write_whole(path) as temporary, temporary.open("w", newline="", encoding="utf-8") as handle:
        writer = csv.DictWriter(handle, [field.name for field in fields(kind)], lineterminator="\n")
        writer.writeheader()
        for row in rows:
            writer.writerow({name: round(value, 6) if isinstance(value, float) else value for name, value in asdict(row).items()})
