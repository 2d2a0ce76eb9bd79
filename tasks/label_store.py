"""The stage label_store: all windows' soft labels and what the corpus knows of their clips, in one DuckDB file."""

from psl.config import Params
from psl.labels.label_sets import label_sets, own_subsets, weak_key
from psl.labels.store import build_store
from psl.report.read import read_json
from tasks.stage import DATA, LABELS, METADATA, STORE, run

CALIBRATION = DATA / "calibration"


def work(params: Params) -> None:
    """Write data/labels.duckdb."""
    keys = [*label_sets(params.students, params.annotate.annotator), *own_subsets(params.students)]
    labels = {key: LABELS / f"{key}.parquet" for key in keys}
    files = {key: CALIBRATION / f"{key}.json" for key in labels}
    calibrations = {key: read_json(file) for key, file in files.items() if file.is_file()}
    weak = LABELS / f"{weak_key(params.students)}.parquet"
    build_store(STORE, labels, weak, METADATA / params.corpus, calibrations=calibrations)


if __name__ == "__main__":
    run("label_store", work)
