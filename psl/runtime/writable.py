"""Places that a run will write to, tried before the work: a disk that is full or read-only costs seconds, not hours."""

import shutil
import tempfile
from collections.abc import Iterable
from pathlib import Path

from psl.runtime.errors import PslError

LEAST_BYTES = 64 << 20  # with less, no stage of real recordings comes to its end
TRIAL_BYTES = 1 << 16


def require_writable(folders: Iterable[Path]) -> None:
    """Raise PslError for a folder in which no file can be written, or with less than LEAST_BYTES free on its disk.

    Of a folder that does not exist yet, the nearest one above it counts. Nothing is left behind.
    """
    for folder in sorted({_nearest(folder) for folder in folders}):
        free = shutil.disk_usage(folder).free
        if free < LEAST_BYTES:
            raise PslError(
                f"the disk of {folder} has {free / 2**20:.1f} MiB free, and results need {LEAST_BYTES >> 20} or more: "
                "free some, and run again"
            )
        try:
            with tempfile.TemporaryFile(dir=folder) as file:
                file.write(bytes(TRIAL_BYTES))
        except OSError as error:
            raise PslError(
                f"{folder}, where results belong, cannot be written to ({error.strerror}): check its permissions, "
                "mount and quota, and run again"
            ) from None


def _nearest(folder: Path) -> Path:
    """The folder, or the nearest one above it that exists."""
    return next(path for path in (folder, *folder.parents, Path()) if path.is_dir()).resolve()
