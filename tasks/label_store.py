"""The stage label_store: all windows' soft labels and the weak labels in one DuckDB file for people."""

from pathlib import Path

from psl.config import Params
from psl.labels.label_sets import label_sets, weak_key
from psl.labels.store import build_store
from tasks.stage import LABELS, run

STORE = Path("data/labels.duckdb")


def work(params: Params) -> None:
    """Write data/labels.duckdb."""
    labels = {key: LABELS / f"{key}.parquet" for key in label_sets(params.students)}
    build_store(STORE, labels, LABELS / f"{weak_key(params.students)}.parquet")


if __name__ == "__main__":
    run("label_store", work)
