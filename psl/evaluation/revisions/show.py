"""A comparison of two commits for people and programs."""

import csv
import sys
from collections.abc import Sequence
from typing import Any, Literal

from psl.runtime.aligned import aligned


def show(rows: Sequence[dict[str, Any]], sentences: Sequence[str], format: Literal["table", "csv"]) -> None:
    """Print the rows; sentences stand below a table, and go to standard error beside CSV."""
    columns, values = list(rows[0]) if rows else [], [list(row.values()) for row in rows]
    if format == "csv":
        csv.writer(sys.stdout, lineterminator="\n").writerows([columns, *values])
    else:
        print("\n".join([*aligned(columns, values), ""]))
    print("\n".join(sentences), file=sys.stderr if format == "csv" else sys.stdout)
