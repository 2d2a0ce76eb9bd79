"""What writing and reading the label store share: DuckDB's log beside the file, and no progress bar."""

from pathlib import Path

from psl.runtime.errors import PslError

QUIET = "SET enable_progress_bar = false"


def wal_path(path: Path) -> Path:
    """Where DuckDB keeps the write-ahead log of a file."""
    return path.with_name(path.name + ".wal")


def refuse_stale_wal(path: Path) -> None:
    """Raise PslError when there is a write-ahead log beside `path`."""
    if wal_path(path).exists():
        raise PslError(
            f"{wal_path(path)} shows that a program writes to {path} or was killed while it did: end it, delete both "
            "files, run again"
        )
