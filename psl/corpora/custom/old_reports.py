"""Reports of what `psl init` took out, such as students and transfers, moved away from beside new ones."""

import shutil
from collections.abc import Iterator, Sequence
from pathlib import Path

REPORTS = "reports"
FOLDERS = {  # of reports named after a key of a section of params.yaml
    "students": ("calibrate", "detect", "evaluate"),
    "ensembles": ("detect",),
    "transfers": ("transfer",),
    "corpora": ("clips",),
    "exports": ("export",),
}
ENDINGS = (".json", ".csv", "_classes.csv")


def set_aside(removed: Sequence[str], base: Path, place: Path) -> Iterator[str]:
    """Move the reports of the `removed` keys, such as "students.10", from `base` to `place`; says so in a line."""
    reports = [path for key in removed for path in _reports(key) if (base / path).is_file()]
    for path in reports:
        (place / path).parent.mkdir(parents=True, exist_ok=True)
        shutil.move(base / path, place / path)
    if reports:
        yield f"moved to {place / REPORTS}: {len(reports)} reports of what was removed, such as {reports[0]}"


def _reports(key: str) -> list[Path]:
    section, _, name = key.partition(".")
    return [Path(REPORTS, folder, name + ending) for folder in FOLDERS.get(section, ()) for ending in ENDINGS]
