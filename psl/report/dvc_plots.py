"""The tables that DVC draws (`plots` in dvc.yaml), and the few numbers that it compares from run to run (`metrics`).

They hold the annotator, weak labels and the students that differ in windows, clips or course alone: what fits a screen.
"""

from collections.abc import Mapping, Sequence
from pathlib import Path

from psl.io.csv_tables import write_dicts
from psl.io.files import write_json
from psl.report.order import compared
from psl.report.read import Rows
from psl.report.results import Result
from psl.report.windows import map_with_interval, window_rows

COLUMNS = {  # of each table
    "label_counts": ("labels", "n", "share"),
    "results": ("model", "mAP", "low", "high"),
    "windows": ("seconds", "model", "mAP", "low", "high"),
    "classes": ("class", "model", "AP"),
    "training": ("model", "seed", "step", "validation_loss", "validation_mAP"),
}


def write_tables(folder: Path, tables: Mapping[str, Rows]) -> None:
    """Write each table of COLUMNS as FOLDER/NAME.csv."""
    folder.mkdir(parents=True, exist_ok=True)
    for name, columns in COLUMNS.items():
        write_dicts(folder / f"{name}.csv", columns, tables[name])


def plot_tables(
    results: Sequence[Result],
    classes: Mapping[str, Rows],
    histories: Mapping[str, Mapping[int, Rows]],
    label_counts: Rows,
) -> dict[str, Rows]:
    """The rows of each table, in per cent; `classes` and `histories` are by key, `label_counts` is of label_shares."""
    shown = compared(results)
    return {
        "label_counts": [row | {"share": round(row["share"], 2)} for row in label_counts],
        "results": [{"model": row.name} | map_with_interval(row) for row in results],
        "windows": window_rows(results),
        "classes": [
            {"class": each["name"], "model": row.name, "AP": round(100 * each["ap"], 2)}
            for row in shown
            for each in classes[row.key]
            if each["ap"] is not None
        ],
        "training": [
            {"model": row.name, "seed": seed} | {name: each[name] for name in COLUMNS["training"][2:]}
            for row in shown
            for seed, rows in histories[row.key].items()
            for each in rows
        ],
    }


def write_metrics(path: Path, results: Sequence[Result]) -> None:
    """Write the mAP of the models that are compared, in per cent, by key."""
    write_json(path, {"mAP": {row.key: round(100 * row.numbers["mAP"], 1) for row in compared(results)}})
