"""The stages annotate@weak, label_store and label_counts on two clips, from files to files."""

import csv
import json
from pathlib import Path

import numpy as np
import pyarrow as pa
import pytest
from label_fakes import VOCABULARY, write
from small_corpora import AUDIOSET_LAYOUT

from psl.config.file import read_params
from psl.io.features.excluded import write_excluded
from psl.io.features.writer import write_features
from psl.io.files import write_json
from psl.io.labels.reader import read_labels
from psl.io.metadata.manifest import write_manifest
from psl.io.metadata.subsets import Subsets
from psl.io.schemas import MANIFEST
from psl.labels.label_sets import label_sets
from psl.labels.open_store import open_store
from tasks import annotate, label_counts, label_store, stage

PARAMS = read_params(Path(__file__).parents[1] / "presets/default.yaml")


@pytest.fixture
def repository(tmp_path, monkeypatch):
    """A folder with the metadata of three clips, one of them evaluated, and one without features."""
    monkeypatch.chdir(tmp_path)
    clips = [
        ("b", "balanced", ["/m/c", "/m/a"]),
        ("a", "balanced", []),
        ("gone", "balanced", ["/m/b"]),
        ("c", "full", ["/m/a"]),
        ("e", "eval", ["/m/b"]),
    ]
    rows = [{"clip_id": clip, "subset": subset, "labels": labels} for clip, subset, labels in clips]
    folder = Path("data/metadata/scenes")
    write_manifest(folder, pa.Table.from_pylist(rows, MANIFEST))
    VOCABULARY.write(folder / "classes.csv")
    Subsets(AUDIOSET_LAYOUT.subsets).write(folder)
    write_excluded(stage.EXCLUDED, [])
    mel_TF = np.zeros((5, PARAMS.front_end.n_mels), np.float16)
    write_features(
        Path("data/features/scenes/balanced-00000.parquet"),
        PARAMS.front_end,
        [("a", 160_000, mel_TF), ("b", 32_000, mel_TF)],
    )
    return tmp_path


def test_weak_labels_are_one_window_over_each_clip_that_has_features(repository):
    annotate.work(PARAMS, "weak")
    weak = read_labels(Path("data/labels/weak.parquet"))
    assert weak.clip_ids == ("a", "b") and weak.duration_ms_W.tolist() == [10_000, 2_000]
    assert weak.dense(np.array([0, 1])).tolist() == [[0, 0, 0], [1, 0, 1]]
    assert len(weak.q_K) == 2 and weak.provenance["kind"] == "weak"


def test_a_clip_that_leaks_has_no_weak_labels(repository):
    write_excluded(stage.EXCLUDED, [("scenes", "b")])
    annotate.work(PARAMS, "weak")
    assert read_labels(Path("data/labels/weak.parquet")).clip_ids == ("a",)


def test_the_terminal_says_when_no_window_has_a_label(repository, capsys):
    annotate.work(PARAMS, "weak")
    for key, highest in {"10": 0.9, "5": 0.2, "2": 0.3}.items():
        write(Path(f"data/labels/{key}.parquet"), {"a": [[highest, 0, 0]], "b": [[0, 0, 0]]}, seconds=int(key))
    label_counts.work(PARAMS)
    assert "No clip has a label above 0.3 in the windows of PSL-5s, PSL-2s: the" in capsys.readouterr().err


def test_store_and_counts_come_from_what_stands_there(repository):
    annotate.work(PARAMS, "weak")
    for key, student in label_sets(PARAMS.students, PARAMS.annotate.annotator).items():
        clips = {"a": [[0.9, 0, 0]], "b": [[0.9, 0.9, 0.9]]}
        write(Path(f"data/labels/{key}.parquet"), clips, seconds=int(student.window_seconds))
    write(Path("data/labels/full-2.parquet"), {"c": [[0.9, 0, 0]]}, seconds=2)  # of a subset of its own
    write_json(Path("data/calibration/2.json"), {"scale": 1.5})
    label_store.work(PARAMS)
    label_counts.work(PARAMS)
    with open_store(Path("data/labels.duckdb")) as store:
        assert store.execute("SELECT DISTINCT window_key FROM soft_labels ORDER BY ALL").fetchall() == [
            ("10",),
            ("2",),
            ("5",),
            ("full-2",),
        ]
        missing = "SELECT clip_id, name FROM clip_labels WHERE window_key = 'full-2' AND NOT weak"
        assert store.execute(missing).fetchall() == []  # c has its label in the manifest
        ((record,),) = store.execute("SELECT record FROM provenance").fetchall()
    of = json.loads(record)
    assert of["2"]["calibration"] == {"scale": 1.5} and "calibration" not in of["5"]
    rows = list(csv.DictReader(Path("reports/label_counts.csv").read_text().splitlines()))
    assert list(dict.fromkeys(row["labels"] for row in rows)) == ["weak", "10", "5", "2"]
    found = json.loads(Path("reports/label_counts.json").read_text())["labels"]
    assert found["weak"] == {"mean": 1.0, "share_none": 0.5, "share_many": 0.0} and found["2"]["mean"] == 2.0
    assert Path("reports/recovery.csv").read_text().count("\n") == 1  # no truth is known
    assert {path.name for path in Path("reports").glob("*.png")} == {"label_counts.png", "recovery.png"}
