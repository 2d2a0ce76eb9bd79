"""A file of an earlier stage that was damaged on the disk gives a one-sentence error with its name."""

from pathlib import Path

import label_fakes
import numpy as np
import pyarrow as pa
import pytest
from toy import toy_store

from psl.evaluation.detection import score_file
from psl.evaluation.detection.corpus_truth import read_corpus_truth
from psl.evaluation.detection.metrics.ground_truth import FrameScores
from psl.evaluation.transfer.score_table import read_score_table, usage_of
from psl.io.features.clip_status import read_clip_status
from psl.io.features.excluded import read_excluded
from psl.io.features.store import FeatureStore
from psl.io.labels.reader import read_labels
from psl.io.metadata.manifest import read_manifest
from psl.io.parquet import read_parquet, write_parquet
from psl.io.schemas import STRONG
from psl.report.read import read_json, read_numbers
from psl.runtime.errors import PslError

READERS = {
    "manifest.parquet": read_manifest,
    "clips.parquet": read_clip_status,
    "strong.parquet": lambda folder: read_corpus_truth(folder, "eval", {}, (), excluded=(), max_unread_share=0.0),
    "excluded.parquet": lambda folder: read_excluded(folder / "excluded.parquet", "audioset"),
    "details.parquet": lambda folder: usage_of(folder, ["a"]),
    "report.json": lambda folder: read_json(folder / "report.json"),
    "scores.parquet": lambda folder: read_score_table(folder / "scores.parquet"),
}


@pytest.mark.parametrize("name", READERS)
def test_a_damaged_file_gives_a_one_sentence_error(tmp_path, name):
    (tmp_path / name).write_bytes(b"PAR1 cut off")
    with pytest.raises(PslError, match=name) as error:
        READERS[name](tmp_path)
    assert "again" in str(error.value) and "\n" not in str(error.value)


@pytest.mark.parametrize(
    "content", [b"n,x\n1,2,3\n", b"n,x\n1\n", b"n,x\n1,two\n", b"n,x\n1,\xff\n", b'n,x\n1,"2\r3\n']
)
def test_a_damaged_table_of_numbers_gives_a_one_sentence_error(tmp_path, content):
    (tmp_path / "some.csv").write_bytes(content)
    with pytest.raises(PslError, match=r"some\.csv is damaged .* again") as error:
        read_numbers(tmp_path / "some.csv")
    assert "\n" not in str(error.value)


def write_labels(folder: Path) -> None:
    label_fakes.write(folder / "labels.parquet", {f"clip{n:02}": [[0.1, 0.5, 0.9], [0.2, 0.4, 0.3]] for n in range(20)})


def write_strong(folder: Path) -> None:
    columns = {"clip_id": ["a", "b"], "onset_s": [0.5, 1.0], "offset_s": [1.0, 2.0], "mid": ["/m/a", "/m/b"]}
    write_parquet(folder / "strong.parquet", pa.table(columns, schema=STRONG))


def write_scores(folder: Path) -> None:
    clip = FrameScores(np.array([0.0, 0.5, 1.0]), np.ones((2, 3), np.float32))
    score_file.write_score_file(
        folder / "seed1.parquet", score_file.ScoreFile({"a": clip, "b": clip}, label_fakes.VOCABULARY, {"model": "x"})
    )


def read_store(folder: Path) -> None:
    store = FeatureStore(folder, ["balanced"])
    for group in range(len(store.groups)):
        store.read_group(group)


WRITTEN = {
    "labels.parquet": (write_labels, lambda folder: read_labels(folder / "labels.parquet")),
    "strong.parquet": (
        write_strong,
        lambda folder: read_parquet(folder / "strong.parquet", STRONG, "table of events", "metadata"),
    ),
    "seed1.parquet": (write_scores, lambda folder: score_file.read_score_file(folder / "seed1.parquet")),
    "balanced-00000.parquet": (lambda folder: toy_store(folder, clips=20, frames=(6,)), read_store),
}


@pytest.mark.parametrize("name", WRITTEN)
def test_a_file_with_overwritten_bytes_is_read_or_gives_a_one_sentence_error(tmp_path, name):
    write, read = WRITTEN[name]
    write(tmp_path)
    content, errors = (tmp_path / name).read_bytes(), []
    for seed in range(80):
        rng = np.random.default_rng(seed)
        first = int(rng.integers(4, len(content) - 4))
        zeros = bytes(int(rng.integers(1, 40)))
        (tmp_path / name).write_bytes((content[:first] + zeros + content[first + len(zeros) :])[: len(content)])
        try:
            read(tmp_path)
        except PslError as error:
            errors.append(str(error))
    assert len(errors) > 5 and all(name in message and "\n" not in message for message in errors)
