"""What an earlier stage wrote and what is damaged on the disk since is told in a sentence that names the file."""

from pathlib import Path

import label_fakes
import numpy as np
import pyarrow as pa
import pytest
from toy import toy_store

from psl.detection import score_files
from psl.detection.truth import read_truth
from psl.errors import PslError
from psl.features.clip_table import read_clips
from psl.features.store import FeatureStore
from psl.labels import read_labels
from psl.leaks.excluded import read_excluded
from psl.manifest import read_manifest
from psl.metrics.detection import ClipScores
from psl.parquet_tables import read_parquet, write_parquet
from psl.report.read import read_json, read_numbers
from psl.schemas import STRONG
from psl.transfer.scores import read_scores, usage_of

READERS = {
    "manifest.parquet": read_manifest,
    "clips.parquet": read_clips,
    "strong.parquet": lambda folder: read_truth(folder, "eval", {}, (), (), 0.0),
    "excluded.parquet": lambda folder: read_excluded(folder / "excluded.parquet", "audioset"),
    "details.parquet": lambda folder: usage_of(folder, ["a"]),
    "report.json": lambda folder: read_json(folder / "report.json"),
    "scores.parquet": lambda folder: read_scores(folder / "scores.parquet"),
}


@pytest.mark.parametrize("name", READERS)
def test_a_damaged_file_is_a_sentence(tmp_path, name):
    (tmp_path / name).write_bytes(b"PAR1 cut off")
    with pytest.raises(PslError, match=name) as told:
        READERS[name](tmp_path)
    assert "again" in str(told.value) and "\n" not in str(told.value)


@pytest.mark.parametrize("content", [b"n,x\n1,2,3\n", b"n,x\n1\n", b"n,x\n1,two\n", b"n,x\n1,\xff\n", b'n,x\n1,"2\r3\n'])
def test_a_damaged_table_of_numbers_is_a_sentence(tmp_path, content):
    (tmp_path / "some.csv").write_bytes(content)
    with pytest.raises(PslError, match=r"some\.csv is damaged .* again") as told:
        read_numbers(tmp_path / "some.csv")
    assert "\n" not in str(told.value)


def write_labels(folder: Path) -> None:
    label_fakes.write(folder / "labels.parquet", {f"clip{n:02}": [[0.1, 0.5, 0.9], [0.2, 0.4, 0.3]] for n in range(20)})


def write_strong(folder: Path) -> None:
    columns = {"clip_id": ["a", "b"], "onset_s": [0.5, 1.0], "offset_s": [1.0, 2.0], "mid": ["/m/a", "/m/b"]}
    write_parquet(folder / "strong.parquet", pa.table(columns, schema=STRONG))


def write_scores(folder: Path) -> None:
    clip = ClipScores(np.array([0.0, 0.5, 1.0]), np.ones((2, 3), np.float32))
    score_files.write_scores(
        folder / "seed1.parquet", score_files.ScoreFile({"a": clip, "b": clip}, label_fakes.VOCABULARY, {"model": "x"})
    )


def read_store(folder: Path) -> None:
    store = FeatureStore(folder, ["balanced"])
    for group in range(len(store.groups)):
        store.read_group(group)


WRITTEN = {
    "labels.parquet": (write_labels, lambda folder: read_labels(folder / "labels.parquet")),
    "strong.parquet": (write_strong, lambda folder: read_parquet(folder / "strong.parquet", STRONG, "truth in time", "metadata")),
    "seed1.parquet": (write_scores, lambda folder: score_files.read_scores(folder / "seed1.parquet")),
    "balanced-00000.parquet": (lambda folder: toy_store(folder, clips=20, frames=(6,)), read_store),
}


@pytest.mark.parametrize("name", WRITTEN)
def test_a_file_with_some_bytes_lost_is_read_or_is_a_sentence(tmp_path, name):
    write, read = WRITTEN[name]
    write(tmp_path)
    whole, told = (tmp_path / name).read_bytes(), []
    for seed in range(80):
        rng = np.random.default_rng(seed)
        first = int(rng.integers(4, len(whole) - 4))
        lost = bytes(int(rng.integers(1, 40)))
        (tmp_path / name).write_bytes((whole[:first] + lost + whole[first + len(lost) :])[: len(whole)])
        try:
            read(tmp_path)
        except PslError as error:
            told.append(str(error))
    assert len(told) > 5 and all(name in sentence and "\n" not in sentence for sentence in told)
