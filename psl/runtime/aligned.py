"""Rows as the lines of a table for a terminal."""

from collections.abc import Iterator, Sequence
from typing import Any


def aligned(columns: Sequence[str], rows: Sequence[Sequence[Any]]) -> Iterator[str]:
    """The lines of a table: columns of numbers to the right, the rest to the left."""
    table = [list(columns), *([cell(value) for value in row] for row in rows)]
    widths = [max(map(len, column)) for column in zip(*table, strict=True)]
    right = [all(isinstance(row[n], int | float | None) for row in rows) for n in range(len(columns))]
    for cells in table:
        sides = (c.rjust(w) if r else c.ljust(w) for c, w, r in zip(cells, widths, right, strict=True))
        yield "  ".join(sides).rstrip()


def cell(value: object) -> str:
    """As text: floats with four digits, nothing for null, and no line break.

    >>> [cell(value) for value in (None, True, 0.123456, 2.0, "a b")]
    ['', 'yes', '0.1235', '2', 'a b']
    """
    if value is None:
        return ""
    if isinstance(value, bool):
        return "yes" if value else "no"
    return f"{value:.4g}" if isinstance(value, float) else " ".join(str(value).splitlines())
