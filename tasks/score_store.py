"""The stage score_store: all models' scores of the evaluation clips, in one DuckDB file."""

from psl.config import ANNOTATOR, Params
from psl.io.metadata.vocabulary import Vocabulary
from psl.labels.open_store import SCORES as STORE
from psl.labels.score_store import build_score_store
from tasks.stage import DATA, METADATA, SCORES, run


def work(params: Params) -> None:
    """Write data/scores.duckdb."""
    metadata = METADATA / params.corpus
    scores = {key: SCORES / f"{key}.parquet" for key in (ANNOTATOR, *params.students)}
    build_score_store(DATA / STORE, scores, metadata, Vocabulary.read(metadata / "classes.csv"))


if __name__ == "__main__":
    run("score_store", work)
