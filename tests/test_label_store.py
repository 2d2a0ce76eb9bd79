"""The label store: any DuckDB client reads it, same labels give same bytes, other vocabularies are refused."""

import collections
import json
import re
from pathlib import Path

import duckdb
import numpy as np
import pyarrow.parquet as pq
import pytest
from label_fakes import CLIPS, VOCABULARY, WEAK, label_files, random_labels, reference_labels, write, write_corpus

from psl.io.labels.writer import METADATA_KEY
from psl.io.metadata.vocabulary import Vocabulary
from psl.io.schemas import LABELS, Q_ONE
from psl.labels.open_store import open_store
from psl.labels.store import PERCENTS, build_store
from psl.runtime.errors import PslError

DOCS, QUERIES = Path(__file__).parents[1] / "docs/label_store.md", re.compile(r"```sql\n(.*?)```", re.DOTALL)
VIEW_COLUMNS = {
    "soft_labels": "clip_id window_key start_s window_s mid name p window_id",
    "named_windows": "clip_id window_key start_s window_s n_kept "
    "above_10 above_20 above_30 above_40 above_50 window_id",
    "clip_labels": "clip_id window_key window_s mid name p weak truth",
    "class_tails": "window_key window_s mid name tail",
}


@pytest.fixture
def parts(tmp_path):
    """The files of labels of two windows, of the weak labels, and their corpus."""
    return label_files(tmp_path)


@pytest.fixture
def teachers(tmp_path):
    """A store of the labels of two annotators, of which one has not labelled a window."""
    return teachers_of(tmp_path)


def teachers_of(tmp_path, **provenance):
    """That store; `provenance` is of mn04's labels."""
    files = {key: tmp_path / f"{key}.parquet" for key in ("2", "2-mn04", "weak")}
    write(files["2"], CLIPS, min_probability=0.02, annotator_key="annotator")
    theirs = {"it's": [[0.01, 0.3, 0.31]], "y": [[0.85, 0.5, 0.3], [0.0, 0.01, 0.0]]}
    write(files["2-mn04"], theirs, min_probability=0.02, annotator_key="mn04", **provenance)
    write(files["weak"], {"it's": [[1, 0, 0]], "y": [[0, 1, 1]]}, seconds=10, min_probability=1 / Q_ONE)
    weak = files.pop("weak")
    build_store(tmp_path / "labels.duckdb", files, weak, write_corpus(tmp_path / "corpus", WEAK))
    return tmp_path / "labels.duckdb"


def test_a_plain_client_can_query_the_views(tmp_path, parts):
    path = tmp_path / "people's labels.duckdb"
    build_store(path, *parts)
    path.rename(tmp_path / "elsewhere.duckdb")
    with duckdb.connect(str(tmp_path / "elsewhere.duckdb"), read_only=True) as client:
        speech = client.sql(
            "SELECT clip_id, window_key, start_s, p FROM soft_labels WHERE name = 'Speech' AND p > .3 ORDER BY ALL"
        ).fetchall()
        weak = client.sql("SELECT clip_id, mid, name FROM named_weak_labels ORDER BY ALL").fetchall()
        tail = client.sql("SELECT tail FROM class_tails WHERE window_key = '2' AND name = 'Dog, bark'").fetchall()
        late = client.sql(
            "SELECT clip_id, n_kept, above_20 FROM named_windows WHERE window_s = 2 AND start_s = 2 ORDER BY clip_id"
        ).fetchall()
    assert speech == [("it's", "10", 0.0, 0.9), ("it's", "2", 0.0, 0.9)]  # y has exactly .3
    assert weak == [("it's", "/m/a", "Speech"), ("y", "/m/b", "Dog, bark"), ("y", "/m/c", "Music")]
    assert tail == [(pytest.approx(0.005),)] and late == [("it's", 2, 1), ("y", 0, 0)]


def test_the_store_has_every_label_and_count(tmp_path, monkeypatch):
    monkeypatch.setattr("psl.labels.store_rows.WINDOWS_PER_INSERT", 2)
    labels = random_labels(tmp_path / "2.parquet", 4, min_probability=0.05)
    weak = tmp_path / "weak.parquet"
    write(weak, {}, min_probability=1.0)
    corpus = write_corpus(tmp_path / "corpus", {clip: [] for clip in labels.clip_ids})
    build_store(tmp_path / "labels.duckdb", {"2": tmp_path / "2.parquet"}, weak, corpus)
    expected = [window for windows in reference_labels(labels).values() for window in windows]
    above = ", ".join(f"above_{percent}" for percent in PERCENTS)
    with open_store(tmp_path / "labels.duckdb") as store:
        rows = store.execute("SELECT window_id, class_number, q FROM labels").fetchall()
        counts = store.execute(f"SELECT n_kept, {above} FROM windows ORDER BY window_id").fetchall()
    assert collections.Counter(rows) == collections.Counter(
        (w, c, q) for w, window in enumerate(expected) for c, q in window.items()
    )
    assert counts == [
        tuple(sum(q > percent * 500 for q in window.values()) for percent in (-1, *PERCENTS)) for window in expected
    ]


def test_same_labels_same_bytes(tmp_path, parts):
    for name in ("one", "two"):
        build_store(tmp_path / name, *parts)
    build_store(tmp_path / "one", *parts)
    assert (tmp_path / "one").read_bytes() == (tmp_path / "two").read_bytes()


def test_row_groups_of_the_files_change_no_byte(tmp_path, monkeypatch):
    """A clip's windows lie in two row groups, two parts and two inserts."""
    monkeypatch.setattr("psl.labels.store_rows.WINDOWS_PER_INSERT", 5)
    rng = np.random.default_rng(1)
    clips = {f"clip{n}": rng.random((n % 4 + 1, 3)).tolist() for n in range(9)}
    write(tmp_path / "whole.parquet", clips, min_probability=0.1)
    metadata = pq.read_metadata(tmp_path / "whole.parquet").metadata
    with pq.ParquetWriter(tmp_path / "cut.parquet", LABELS) as cut:
        cut.write_table(pq.read_table(tmp_path / "whole.parquet"), row_group_size=3)
        cut.add_key_value_metadata({METADATA_KEY: metadata[METADATA_KEY]})
    corpus = write_corpus(tmp_path / "corpus", {clip: ["/m/b"] for clip in clips}, [("clip3", 0.0, 1.0, "/m/c")])
    for name in ("whole", "cut"):
        file = tmp_path / f"{name}.parquet"
        build_store(tmp_path / name, {"2": file}, file, corpus)
    assert (tmp_path / "whole").read_bytes() == (tmp_path / "cut").read_bytes()
    with open_store(tmp_path / "cut") as store:
        windows = store.execute("SELECT clip_id, count(*) FROM named_windows GROUP BY ALL ORDER BY ALL").fetchall()
    assert windows == [(f"clip{n}", n % 4 + 1) for n in range(9)]


def test_the_provenance_names_who_made_each_key(tmp_path, parts):
    build_store(tmp_path / "labels.duckdb", *parts)
    with open_store(tmp_path / "labels.duckdb") as store:
        ((record,),) = store.execute("SELECT record FROM provenance").fetchall()
    assert {key: provenance["floor"] for key, provenance in json.loads(record).items()} == {
        "10": 0.0,
        "2": 0.02,
        "weak": 1 / Q_ONE,
    }
    assert json.loads(record)["2"]["vocabulary_hash"] == VOCABULARY.hash


def test_what_made_the_labels_is_in_the_provenance_whole(tmp_path, parts):
    contract = {"name": "mn04_as", "licence": "MIT", "sample_rate_hz": 32000}
    mapping = {"join": "mid", "unmatched": {"mids": ["/m/c"], "rule": "weak"}}
    labels, weak, corpus = parts
    write(labels["2"], CLIPS, contract=contract, mapping=mapping)
    calibrations = {"2": {"scale": {"/m/a": 0.1}, "mAP": None}}
    for name in ("one", "two"):
        build_store(tmp_path / name, labels, weak, corpus, calibrations=calibrations)
    assert (tmp_path / "one").read_bytes() == (tmp_path / "two").read_bytes()
    with open_store(tmp_path / "one") as store:
        ((record,),) = store.execute("SELECT record FROM provenance").fetchall()
    of = json.loads(record)
    assert (of["2"]["contract"], of["2"]["mapping"], of["2"]["calibration"]) == (contract, mapping, calibrations["2"])
    assert "calibration" not in of["10"] and list(of) == sorted(of)


def test_labels_of_one_annotator_read_as_ever_with_its_name_at_the_end(tmp_path, parts):
    build_store(tmp_path / "labels.duckdb", *parts)
    with open_store(tmp_path / "labels.duckdb") as store:
        views = {view: store.sql(f"SELECT * FROM {view} ORDER BY ALL") for view in VIEW_COLUMNS}
        columns = {view: " ".join(rows.columns) for view, rows in views.items()}
        annotators = {row[-1] for rows in views.values() for row in rows.fetchall()}
    assert columns == {view: f"{names} annotator" for view, names in VIEW_COLUMNS.items()} and annotators == {"fake"}


def test_labels_of_two_annotators_stand_side_by_side(tmp_path, teachers):
    with open_store(teachers) as store:
        query = "SELECT annotator, window_key, count(*) FROM {} GROUP BY ALL ORDER BY ALL"
        windows, tails = (store.execute(query.format(view)).fetchall() for view in ("named_windows", "class_tails"))
        p = store.execute(
            "SELECT annotator, p FROM soft_labels WHERE clip_id = 'y' AND start_s = 0 AND name = 'Speech' ORDER BY ALL"
        ).fetchall()
    assert windows == [("annotator", "2", 4), ("mn04", "2-mn04", 3)] and [row[2] for row in tails] == [3, 3]
    assert p == [("annotator", 0.3), ("mn04", 0.85)]


def test_every_table_view_and_column_has_a_comment(tmp_path, parts):
    build_store(tmp_path / "labels.duckdb", *parts)
    with open_store(tmp_path / "labels.duckdb") as store:
        for kind in ("tables", "views", "columns"):
            query = f"FROM duckdb_{kind}() WHERE NOT internal AND comment IS NULL AND database_name <> 'temp'"
            assert store.execute(query).fetchall() == []
        (clip,) = store.execute("SELECT comment FROM duckdb_columns() WHERE table_name = 'weak_labels'").fetchall()[:1]
    assert clip == ("of clips",)


def test_the_connection_is_read_only(tmp_path, parts):
    build_store(tmp_path / "labels.duckdb", *parts)
    with open_store(tmp_path / "labels.duckdb") as store, pytest.raises(duckdb.Error, match="read-only"):
        store.execute("DELETE FROM labels")


def test_a_foreign_vocabulary_is_refused_and_both_are_named(tmp_path, parts):
    labels, weak, corpus = parts
    write(tmp_path / "o.parquet", {"y": [[0.5]]}, vocabulary=Vocabulary(("/m/z",), ("Zither",)))
    with pytest.raises(PslError, match=r"window 3 .* not that of the weak labels"):
        build_store(tmp_path / "labels.duckdb", {**labels, "3": tmp_path / "o.parquet"}, weak, corpus)
    assert not (tmp_path / "labels.duckdb").exists()


def test_a_minimum_probability_above_a_counted_threshold_is_refused(tmp_path, parts):
    write(tmp_path / "2.parquet", CLIPS, min_probability=0.2)
    with pytest.raises(PslError, match=r"annotate\.min_probability"):
        build_store(tmp_path / "labels.duckdb", *parts)


def test_a_stale_log_is_refused_and_nothing_is_touched(tmp_path, parts):
    path = tmp_path / "labels.duckdb"
    build_store(path, *parts)
    before = path.read_bytes()
    (tmp_path / "labels.duckdb.wal").write_bytes(b"unfinished")
    for work in (lambda: build_store(path, {}, *parts[1:]), lambda: open_store(path)):
        with pytest.raises(PslError, match=r"labels\.duckdb\.wal"):
            work()
    assert path.read_bytes() == before


def test_an_interrupted_build_leaves_nothing(tmp_path, parts, monkeypatch):
    def fail(*_, **__):
        (part,) = (tmp_path / "store").iterdir()
        part.with_name(part.name + ".wal").touch()
        raise KeyboardInterrupt

    monkeypatch.setattr("psl.labels.store._write", fail)
    with pytest.raises(KeyboardInterrupt):
        build_store(tmp_path / "store" / "labels.duckdb", *parts)
    assert list((tmp_path / "store").iterdir()) == []


def test_absent_and_foreign_files_are_refused(tmp_path):
    (tmp_path / "text").write_text("no store")
    duckdb.connect(str(tmp_path / "foreign")).close()
    with pytest.raises(PslError, match="does not exist"):
        open_store(tmp_path / "absent")
    for name in ("text", "foreign"):
        with pytest.raises(PslError, match="not a label store"):
            open_store(tmp_path / name)


def test_the_query_for_two_annotators_finds_where_they_disagree(tmp_path, teachers):
    query = QUERIES.findall(DOCS.read_text())[-1]
    with duckdb.connect(str(teachers), read_only=True) as client:
        rows = client.sql(query).fetchall()
    assert rows == [
        ("it's", 0.0, 2.0, "/m/a", "Speech", 0.9, 0.0),  # mn04 has it below the minimum probability
        ("y", 0.0, 2.0, "/m/a", "Speech", 0.3, 0.85),
    ]


def test_the_query_for_two_annotators_leaves_out_classes_that_one_does_not_have(tmp_path):
    query = QUERIES.findall(DOCS.read_text())[-1]
    store = teachers_of(tmp_path, unmatched={"mids": ["/m/a"], "rule": "weak"})
    with duckdb.connect(str(store), read_only=True) as client:
        assert client.sql(query).fetchall() == []
