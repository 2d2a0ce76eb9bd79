"""The rows of a query for people and programs: a table, CSV or Parquet, printed or in a file."""

import shutil
import sys
import tempfile
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Literal

from psl.io.files import atomic_write
from psl.runtime.aligned import aligned
from psl.runtime.errors import PslError

Format = Literal["table", "csv", "parquet"]
FORMATS: dict[str, Format] = {".csv": "csv", ".parquet": "parquet", ".txt": "table"}
ROWS_OF_A_TABLE, ALL = 20, 2**62


@dataclass(frozen=True)
class Shown:
    """How rows are shown: the format, by default that of the file's suffix; the file; and how many rows."""

    format: Format | None = None
    out: Path | None = None
    limit: int | None = None  # None: ROWS_OF_A_TABLE in a table, all else

    def chosen(self) -> Format:
        """The format. Raises PslError for a file without one, and for Parquet to a terminal."""
        if self.out and not self.format and self.out.suffix not in FORMATS:
            raise PslError(f"--out {self.out} does not end with {', '.join(FORMATS)}: say which --format it has")
        format = self.format or (FORMATS[self.out.suffix] if self.out else "table")
        if format == "parquet" and not self.out and sys.stdout.isatty():
            raise PslError("Parquet is no text for a terminal: write it with --out FILE.parquet")
        return format


def show(rows: Any, shown: Shown) -> None:
    """Show a relation of DuckDB. Raises PslError when the file exists."""
    format = shown.chosen()
    if shown.out and shown.out.exists():
        raise PslError(f"{shown.out} exists: name another file, or remove it")
    limit = ROWS_OF_A_TABLE if shown.limit is None and format == "table" and not shown.out else shown.limit
    if limit is not None:
        rows = rows.limit(limit)
    if shown.out:
        with atomic_write(shown.out) as temporary:
            _write(rows, format, temporary)
    elif format == "table":
        found = rows.fetchall()
        print("\n".join(aligned(rows.columns, found)))
        if not found:
            print("there is nothing of that kind in the store", file=sys.stderr)
    else:
        _print_file(rows, format)


def _write(rows: Any, format: Format, path: Path) -> None:
    if format == "table":
        path.write_text("\n".join(aligned(rows.columns, rows.fetchall())) + "\n", encoding="utf-8")
    elif format == "csv":
        rows.write_csv(str(path))
    else:
        rows.write_parquet(str(path))


def _print_file(rows: Any, format: Format) -> None:
    """Write a file, which DuckDB does faster than Python prints, and copy it to the standard output."""
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "rows"
        _write(rows, format, path)
        with path.open("rb") as file:
            shutil.copyfileobj(file, sys.stdout.buffer)
        sys.stdout.buffer.flush()
