"""A detector's numbers on disk: JSON for `dvc metrics`, and a table of classes."""

from pathlib import Path

from psl.detection.evaluation import CLASS_COLUMNS, Detection
from psl.files import write_json
from psl.tables import write_dicts


def write_detection(folder: Path, key: str, found: Detection) -> None:
    """Write KEY.json and KEY_classes.csv, an empty cell where there is no value."""
    write_json(folder / f"{key}.json", found.summary)
    write_dicts(folder / f"{key}_classes.csv", CLASS_COLUMNS, found.classes)
