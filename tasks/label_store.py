"""The stage label_store: all windows' soft labels and the weak labels in one DuckDB file for people."""

from pathlib import Path

from psl.label_store import build_store
from psl.labels import read_labels
from psl.params import Params
from tasks.stage import LABELS, run

STORE = Path("data/labels.duckdb")


def work(params: Params) -> None:
    """Write data/labels.duckdb."""
    labels = {key: read_labels(LABELS / f"{key}.parquet") for key in params.windows}
    build_store(STORE, labels, read_labels(LABELS / "weak.parquet"))


if __name__ == "__main__":
    run("label_store", work)
