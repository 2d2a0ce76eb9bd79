"""The result for people and programs: a table, CSV, JSON, and the thresholds as `--threshold` reads them."""

import csv
import io
import json
from collections.abc import Iterator, Sequence
from dataclasses import asdict, fields
from pathlib import Path
from typing import Any, Literal

from psl.io.csv_tables import write_dicts
from psl.tagging.false_alarms.rate import rounded_up
from psl.tagging.false_alarms.summary import Row
from psl.tagging.thresholds import HEADER

Format = Literal["table", "csv", "json"]
HEAD = ("class", "threshold", "alarms", "per hour", "95 % interval", "recordings", "time in alarm")
SHOWN_DIGITS = 4  # of a threshold


def as_csv(rows: Sequence[Row]) -> str:
    """A line for each class; None is an empty cell."""
    text = io.StringIO()
    writer = csv.DictWriter(text, [field.name for field in fields(Row)], lineterminator="\n")
    writer.writeheader()
    writer.writerows(asdict(row) for row in rows)
    return text.getvalue()


def as_json(rows: Sequence[Row], about: dict[str, Any]) -> str:
    """`about` with the rows as `classes`."""
    return json.dumps(about | {"classes": [asdict(row) for row in rows]}, indent=2, ensure_ascii=False) + "\n"


def as_table(rows: Sequence[Row], per_hour: float | None) -> str:
    """The classes with the most alarms first; those without are left out, unless each has a threshold for the rate."""
    shown = sorted((row for row in rows if row.alarms or per_hour is not None), key=lambda row: -row.alarms)
    head = HEAD if per_hour is None else (*HEAD, f"threshold for {per_hour:g} per hour", "alarms there")
    return "".join(f"{line}\n" for line in _aligned([head, *map(_cells, shown)])) if shown else ""


def _cells(row: Row) -> tuple[str, ...]:
    counted = (f"{row.threshold:g}", str(row.alarms), f"{row.alarms_per_hour:.3g}", f"{row.low:.3g} to {row.high:.3g}")
    cells = (row.name, *counted, str(row.recordings), f"{100 * row.share_of_time:.3g} %")
    if row.rate_threshold is None:
        return cells
    return *cells, f"{rounded_up(row.rate_threshold, SHOWN_DIGITS):g}", str(row.rate_alarms)


def _aligned(table: Sequence[tuple[str, ...]]) -> Iterator[str]:
    widths = [max(map(len, column)) for column in zip(*table, strict=True)]
    for cells in table:
        numbers = (cell.rjust(width) for cell, width in zip(cells[1:], widths[1:], strict=True))
        yield "  ".join([cells[0].ljust(widths[0]), *numbers])


def write_thresholds(path: Path, rows: Sequence[Row]) -> None:
    """The thresholds for the rate; classes have their ids, which are clear, with their names beside."""
    table = ((row.class_id, row.rate_threshold, row.name) for row in rows)
    columns = (*HEADER, "name")
    write_dicts(path, columns, (dict(zip(columns, values, strict=True)) for values in table))
