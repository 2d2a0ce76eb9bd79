"""Small tables for people: rows as a CSV file."""

import csv
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import asdict, fields
from pathlib import Path
from typing import TYPE_CHECKING, Any

from psl.files import write_whole

if TYPE_CHECKING:
    from _typeshed import DataclassInstance


def write_table(path: Path, kind: "type[DataclassInstance]", rows: "Sequence[DataclassInstance]") -> None:
    """Write `rows`, all of the dataclass `kind`, with its fields as the header; None is an empty cell, floats have 6 digits."""
    short = ({name: round(value, 6) if isinstance(value, float) else value for name, value in asdict(row).items()} for row in rows)
    write_dicts(path, [field.name for field in fields(kind)], short)


def write_dicts(path: Path, columns: Sequence[str], rows: Iterable[Mapping[str, Any]]) -> None:
    """Write `rows`, which have these columns and no others, as they are; None is an empty cell."""
    with write_whole(path) as temporary, temporary.open("w", newline="", encoding="utf-8") as handle:
        writer = csv.DictWriter(handle, columns, lineterminator="\n")
        writer.writeheader()
        writer.writerows(rows)
