"""A detector's numbers on disk: JSON for `dvc metrics`, and a table of classes."""

import csv
from pathlib import Path

from psl.detection.evaluation import CLASS_COLUMNS, Detection
from psl.files import write_json, write_whole


def write_detection(folder: Path, key: str, found: Detection) -> None:
    """Write KEY.json and KEY_classes.csv, an empty cell where there is no value."""
    write_json(folder / f"{key}.json", found.summary)
    with write_whole(folder / f"{key}_classes.csv") as temporary, temporary.open("w", newline="", encoding="utf-8") as handle:
        writer = csv.DictWriter(handle, CLASS_COLUMNS, lineterminator="\n")
        writer.writeheader()
        writer.writerows(found.classes)
