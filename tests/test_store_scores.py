"""Models' scores of evaluation clips: kept by seed in a file, and their means in the label store."""

import numpy as np
import pyarrow.parquet as pq
import pytest
from hypothesis import given
from hypothesis import strategies as st
from label_fakes import VOCABULARY, label_files, model_scores, score_files, write_corpus

from psl.io.clip_scores import ModelScores, SeedScores, read_clip_scores, write_clip_scores
from psl.labels.open_store import SCORE_VIEWS, open_store
from psl.labels.score_store import build_score_store
from psl.labels.store import build_store
from psl.runtime.errors import PslError

WEAK = {"it's": ["/m/a"], "y": ["/m/b", "/m/c"], "-e": ["/m/b"], "f": []}


@given(st.integers(1, 4), st.integers(1, 5), st.integers(0, 99))
def test_what_is_read_is_what_was_written(tmp_path_factory, n_seeds, n_clips, seed):
    path, rng = tmp_path_factory.mktemp("scores") / "2.parquet", np.random.default_rng(seed)
    of_seeds = {
        number: SeedScores(*rng.random((2, n_clips, 3), np.float32), rng.integers(0, 9000, (n_clips, 3), np.int32))
        for number in range(3, 3 + n_seeds)
    }
    write_clip_scores(path, ModelScores([f"-{n}" for n in range(n_clips)], VOCABULARY, of_seeds))
    read = read_clip_scores(path, "2")
    assert (read.clip_ids, read.vocabulary, [*read.seeds]) == (
        [f"-{n}" for n in range(n_clips)],
        VOCABULARY,
        [*of_seeds],
    )
    for number, values in of_seeds.items():
        for column, written in zip(read.seeds[number], values, strict=True):
            np.testing.assert_array_equal(column, written)
    np.testing.assert_allclose(read.mean().p_NC, np.mean([each.p_NC for each in of_seeds.values()], axis=0), rtol=1e-6)


def test_a_file_without_classes_or_of_another_form_is_refused(tmp_path):
    write_clip_scores(path := tmp_path / "2.parquet", model_scores({"a": [0.1, 0.2, 0.3]}))
    pq.write_table(pq.read_table(path).replace_schema_metadata({}), path)
    with pytest.raises(PslError, match="does not say which classes it scores: run the stage evaluate@2 again"):
        read_clip_scores(path, "2")
    pq.write_table(pq.read_table(path).drop(["p"]), path)
    with pytest.raises(PslError, match="has other columns"):
        read_clip_scores(path, "2")


def built(tmp_path, scores, events=(), vocabulary=VOCABULARY):
    """A label store, and beside it the store of these scores."""
    labels, weak, corpus = label_files(tmp_path)
    build_store(tmp_path / "labels.duckdb", labels, weak, corpus)
    corpus = write_corpus(tmp_path / "evaluated", WEAK, events)
    build_score_store(tmp_path / "scores.duckdb", score_files(tmp_path, scores), corpus, vocabulary)
    return open_store(tmp_path / "labels.duckdb")


def test_the_store_has_what_is_labelled_true_or_above_a_tenth(tmp_path):
    scores = {"2": model_scores({"f": [0.3, 0.0, 0.0], "-e": [0.5, 0.01, 0.02]})}
    scores["2"].seeds[1].highest_p_NC[:, 1:] = 0.05
    with built(tmp_path, scores, [("-e", 0.0, 1.0, "/m/c")]) as store:
        found = store.sql("SELECT * EXCLUDE (mid) FROM model_scores ORDER BY ALL").fetchall()
        clips = store.sql("SELECT clip_id, path, file_start_s FROM scored_clips ORDER BY ALL").fetchall()
    assert found == [
        ("2", "-e", "Dog, bark", 0.01, 0.05, 1.0, True, False),
        ("2", "-e", "Music", 0.02, 0.05, 1.0, False, True),
        ("2", "-e", "Speech", 0.5, 0.75, 1.0, False, False),
        ("2", "f", "Speech", 0.3, 0.65, 1.0, False, None),
    ]
    assert clips == [(clip, f"{tmp_path}/evaluated/audio/{clip}.wav", 30.0) for clip in ("-e", "f")]


def test_a_model_that_lacks_classes_has_no_row_of_them(tmp_path):
    with built(tmp_path, {"annotator": model_scores({"y": [0.3, 0.2]}, numbers=(2, 1))}) as store:
        found = store.sql("SELECT name, p, weak FROM model_scores ORDER BY ALL").fetchall()
    assert found == [("Dog, bark", 0.2, True), ("Music", 0.3, True)]


def test_scores_of_classes_that_the_corpus_lacks_are_refused(tmp_path):
    with pytest.raises(PslError, match="the scores of 2 are of 1 classes that the corpus does not have, such as /m/c"):
        built(tmp_path, {"2": model_scores({"y": [0.1, 0.2, 0.3]})}, vocabulary=VOCABULARY.only([0, 1]))


def test_the_same_scores_give_the_same_bytes(tmp_path):
    scores, written = {"2": model_scores({"y": [0.3, 0.2, 0.9], "f": [0.1, 0.6, 0.4]})}, []
    for _ in range(2):
        built(tmp_path, scores | {"annotator": scores["2"]}).close()
        written.append([(tmp_path / name).read_bytes() for name in ("scores/2.parquet", "scores.duckdb")])
    assert written[0] == written[1]


def test_before_any_evaluation_there_are_no_scores_and_what_is_no_store_is_refused(tmp_path):
    with built(tmp_path, {"2": model_scores({"y": [0.3, 0.2, 0.9]})}) as store:
        columns = {name: store.sql(f"FROM {name}").columns for name in SCORE_VIEWS}
    assert columns == {name: named.split() for name, named in SCORE_VIEWS.items()}
    (tmp_path / "scores.duckdb").unlink()
    with open_store(tmp_path / "labels.duckdb") as store:
        assert all(store.sql(f"FROM {name}").fetchall() == [] for name in SCORE_VIEWS)
        assert {name: store.sql(f"FROM {name}").columns for name in SCORE_VIEWS} == columns
    (tmp_path / "scores.duckdb").write_bytes(b"nothing of that kind" * 999)
    with pytest.raises(PslError, match=r"is not a store of scores .*: write it again with `dvc repro -f score_store`"):
        open_store(tmp_path / "labels.duckdb")
