"""The stage label_store: soft labels of windows, models' scores, and what the corpus knows of the clips, in DuckDB."""

from psl.config import Params
from psl.io.clip_scores import read_clip_scores
from psl.labels.label_sets import label_sets, own_subsets, weak_key
from psl.labels.store import build_store
from psl.report.model_names import all_models
from psl.report.read import read_json
from tasks.stage import DATA, LABELS, METADATA, SCORES, STORE, run

CALIBRATION = DATA / "calibration"


def work(params: Params) -> None:
    """Write data/labels.duckdb."""
    keys = [*label_sets(params.students, params.annotate.annotator), *own_subsets(params.students)]
    labels = {key: LABELS / f"{key}.parquet" for key in keys}
    files = {key: CALIBRATION / f"{key}.json" for key in labels}
    calibrations = {key: read_json(file) for key, file in files.items() if file.is_file()}
    weak = LABELS / f"{weak_key(params.students)}.parquet"
    scores = {key: read_clip_scores(SCORES / f"{key}.parquet", key) for key in all_models(params.students)}
    build_store(STORE, labels, weak, METADATA / params.corpus, calibrations=calibrations, scores=scores)


if __name__ == "__main__":
    run("label_store", work)
