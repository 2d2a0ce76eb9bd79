"""Write small tables for people as CSV files."""

import csv
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import asdict, fields
from pathlib import Path
from typing import TYPE_CHECKING, Any

from psl.io.files import atomic_write

if TYPE_CHECKING:
    from _typeshed import DataclassInstance


def write_table(path: Path, row_type: "type[DataclassInstance]", rows: "Sequence[DataclassInstance]") -> None:
    """Write `rows` of the dataclass `row_type` under a header; None is an empty cell, floats have 6 digits."""
    rounded = (
        {name: round(value, 6) if isinstance(value, float) else value for name, value in asdict(row).items()}
        for row in rows
    )
    write_dicts(path, [field.name for field in fields(row_type)], rounded)


def write_dicts(path: Path, columns: Sequence[str], rows: Iterable[Mapping[str, Any]]) -> None:
    """Write `rows`, which have exactly these columns, unrounded; None is an empty cell."""
    with atomic_write(path) as temporary, temporary.open("w", newline="", encoding="utf-8") as handle:
        writer = csv.DictWriter(handle, columns, lineterminator="\n")
        writer.writeheader()
        writer.writerows(rows)
