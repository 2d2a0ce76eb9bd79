"""Reports of earlier stages, read back."""

import csv
import json
import math
from pathlib import Path
from typing import Any

from psl.runtime.errors import PslError

Rows = list[dict[str, Any]]


def read_json(path: Path) -> dict[str, Any]:
    """A report of an earlier stage. Raises PslError when it is not there or damaged."""
    try:
        value: dict[str, Any] = json.loads(path.read_text(encoding="utf-8"))
    except FileNotFoundError:
        raise PslError(f"{path} does not exist: run the stage that writes it (`dvc repro`)") from None
    except ValueError as error:
        raise PslError(f"{path} is damaged ({error}): run the stage that writes it again (`dvc repro`)") from None
    return value


def read_numbers(path: Path, text: tuple[str, ...] = ()) -> Rows:
    """The rows of a CSV file, every column but those of `text` as numbers; None for an empty cell and for nan."""
    try:
        with path.open(newline="", encoding="utf-8") as handle:
            return [
                {name: cell if name in text else _number(cell) for name, cell in row.items()}
                for row in csv.DictReader(handle)
            ]
    except FileNotFoundError:
        raise PslError(f"{path} does not exist: run the stage that writes it (`dvc repro`)") from None
    except (ValueError, TypeError, csv.Error) as error:  # of bytes and of cells, of too few or too many, of the form
        raise PslError(f"{path} is damaged ({error}): run the stage that writes it again (`dvc repro`)") from None


def _number(cell: str) -> float | int | None:
    value = float(cell) if cell != "" else math.nan
    return None if math.isnan(value) else int(cell) if cell.lstrip("-").isdigit() else value
