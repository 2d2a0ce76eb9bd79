"""Models' scores of evaluation clips: kept by seed in a file, and their means in the label store."""

import numpy as np
import pyarrow.parquet as pq
import pytest
from hypothesis import given
from hypothesis import strategies as st
from label_fakes import VOCABULARY, label_files, model_scores, write_corpus

from psl.io.clip_scores import ModelScores, SeedScores, read_clip_scores, write_clip_scores
from psl.labels.open_store import open_store
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


def test_the_store_has_what_is_labelled_true_or_above_a_tenth(tmp_path):
    labels, weak, _ = label_files(tmp_path)
    corpus = write_corpus(tmp_path / "corpus", WEAK, [("-e", 0.0, 1.0, "/m/c")])
    scores = {"2": model_scores({"f": [0.3, 0.0, 0.0], "-e": [0.5, 0.01, 0.02]})}
    scores["2"].seeds[1].highest_p_NC[:, 1:] = 0.05
    build_store(tmp_path / "labels.duckdb", labels, weak, corpus, scores=scores)
    with open_store(tmp_path / "labels.duckdb") as store:
        found = store.sql("SELECT * EXCLUDE (mid) FROM model_scores ORDER BY ALL").fetchall()
    assert found == [
        ("2", "-e", "Dog, bark", 0.01, 0.05, 1.0, True, False),
        ("2", "-e", "Music", 0.02, 0.05, 1.0, False, True),
        ("2", "-e", "Speech", 0.5, 0.75, 1.0, False, False),
        ("2", "f", "Speech", 0.3, 0.65, 1.0, False, None),
    ]


def test_a_model_that_lacks_classes_has_no_row_of_them(tmp_path):
    labels, weak, _ = label_files(tmp_path)
    scores = {"annotator": model_scores({"y": [0.3, 0.2]}, numbers=(2, 1))}
    build_store(tmp_path / "labels.duckdb", labels, weak, write_corpus(tmp_path / "corpus", WEAK), scores=scores)
    with open_store(tmp_path / "labels.duckdb") as store:
        found = store.sql("SELECT name, p, weak FROM model_scores ORDER BY ALL").fetchall()
    assert found == [("Dog, bark", 0.2, True), ("Music", 0.3, True)]


def test_scores_of_classes_that_the_labels_lack_are_refused(tmp_path):
    labels, weak, corpus = label_files(tmp_path)
    foreign = model_scores({"y": [0.1, 0.2, 0.3]})
    foreign = foreign._replace(vocabulary=type(VOCABULARY)(("/m/a", "/m/b", "/m/z"), VOCABULARY.names))
    with pytest.raises(
        PslError, match="the scores of 2 are of 1 classes that the weak labels do not have, such as /m/z"
    ):
        build_store(tmp_path / "labels.duckdb", labels, weak, corpus, scores={"2": foreign})
