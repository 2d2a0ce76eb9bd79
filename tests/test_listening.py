"""Windows to listen to: what is chosen from the store, and the page that plays it."""

import re

import pytest
from audit_cases import record
from imports import ROOT
from label_fakes import label_files, model_scores, write_corpus

from psl.config.file import read_params
from psl.labels.queries.worth_hearing import GROUPS, worth_hearing
from psl.labels.store import build_store
from psl.listening.page import write_page
from psl.runtime.errors import PslError
from tasks import listen

MISSING, CONTRADICTED, BEST, MISSED, FALSE_ALARMS = (group.title for group in GROUPS)


@pytest.fixture
def store(tmp_path):
    """Soft labels of two clips and scores of three others; the recording of one is gone."""
    labels, weak, _ = label_files(tmp_path)
    lists = {"it's": ["/m/a"], "y": ["/m/b", "/m/c"], "-e": ["/m/b"], "f": ["/m/b"], "g": ["/m/c"]}
    corpus = write_corpus(tmp_path / "corpus", lists, [("-e", 0.0, 1.0, "/m/b"), ("-e", 0.0, 1.0, "/m/c")])
    for clip in lists.keys() - {"g"}:
        record(corpus / f"audio/{clip}.wav", *["Alarm", "Cough"] * 20)
    scores = {"2": model_scores({"-e": [0.2, 0.9, 0.7], "f": [0.4, 0.1, 0.0], "g": [0.9, 0.9, 0.9]})}
    build_store(tmp_path / "labels.duckdb", labels, weak, corpus, scores=scores)
    return tmp_path / "labels.duckdb"


def chosen(store, n=6):
    return {group.title: rows for group, rows in worth_hearing(store, "2", n).items()}


def test_each_group_has_what_it_says(store):
    found = {title: [(row.clip_id, row.name, row.start_s) for row in rows] for title, rows in chosen(store).items()}
    assert found[MISSING] == [("it's", "Dog, bark", 2.0), ("y", "Speech", 0.0)]
    assert found[CONTRADICTED] == [("y", "Dog, bark", None)]  # Speech has .9 in it's
    assert found[BEST] == [("-e", "Dog, bark", 1.0), ("g", "Music", 1.0), ("f", "Dog, bark", 1.0)]
    assert found[MISSED] == [("f", "Dog, bark", 1.0), ("-e", "Dog, bark", 1.0), ("g", "Music", 1.0)]
    assert found[FALSE_ALARMS] == [("g", "Dog, bark", 1.0), ("f", "Speech", 1.0), ("-e", "Speech", 1.0)]  # it has Music
    assert [len(rows) for rows in chosen(store, n=1).values()] == [1] * 5


def test_the_page_plays_the_very_windows_and_says_what_is_true(store, tmp_path):
    groups = worth_hearing(store, "2", 6)
    heard = write_page(tmp_path / "new/index.html", "PSL-2s", groups, {"labels": 2000, "scores": 2000}, workers=2)
    page = (tmp_path / "new/index.html").read_text()
    assert heard == 9 and page.count("<audio ") == 9
    assert 'alt="Spectrogram from 0:30.5 to 0:33.5"' in page  # 31 to 33 s of the file, and half a second around
    assert "default-src 'none'" in page and not re.search(r"https?://", page)
    assert "Dog, bark" in page and '<span class="untrue">no</span>' in page and '<span class="true">yes</span>' in page
    write_page(tmp_path / "again.html", "PSL-2s", groups, {"labels": 2000, "scores": 2000}, workers=1)
    assert (tmp_path / "again.html").read_text() == page


def test_a_recording_that_is_gone_has_no_sound(store, tmp_path):
    (tmp_path / "corpus/audio/f.wav").unlink()
    heard = write_page(
        tmp_path / "index.html", "PSL-2s", worth_hearing(store, "2", 6), {"labels": 2000, "scores": 2000}, workers=1
    )
    assert heard == 6 and "Without sound" in (tmp_path / "index.html").read_text()


def test_the_stage_takes_the_student_of_the_shortest_windows(store, tmp_path, monkeypatch, capsys):
    monkeypatch.chdir(tmp_path)
    (tmp_path / "data").mkdir()
    store.rename("data/labels.duckdb")
    listen.work(read_params(ROOT / "presets/default.yaml"))
    assert "9 of 12 windows can be heard: open data/listen/index.html" in capsys.readouterr().err
    assert "PSL-2s" in (tmp_path / "data/listen/index.html").read_text()


def test_without_a_store_the_sentence_says_how_to_make_it(tmp_path):
    with pytest.raises(PslError, match="run `dvc repro label_store`"):
        worth_hearing(tmp_path / "labels.duckdb", "2", 6)
