"""Windows to listen to: what is chosen from the store, and the page that plays it."""

import re
import shutil

import numpy as np
import pytest
from audit_cases import record
from imports import ROOT
from label_fakes import CLIPS, VOCABULARY, model_scores, score_files, write, write_corpus

from psl.config.file import read_params
from psl.io.schemas import Q_ONE
from psl.labels.queries.worth_hearing import GROUPS, worth_hearing
from psl.labels.score_store import build_score_store
from psl.labels.store import build_store
from psl.listening.page import write_page
from psl.runtime.errors import PslError
from tasks import listen

MISSING, CONTRADICTED, BEST, MISSED, FALSE_ALARMS = (group.title for group in GROUPS)


@pytest.fixture
def store(tmp_path):
    """Soft labels of three clips and scores of four others; the recording of f is gone, and g has none."""
    clips = CLIPS | {"z": [[0.8, 0.7, 0.0], [0.9, 0.9, 0.6]]}
    write(tmp_path / "2.parquet", clips, unmatched={"mids": ["/m/c"], "rule": "weak"})
    write(tmp_path / "weak.parquet", {clip: [[0, 0, 0]] for clip in clips}, seconds=10, min_probability=1 / Q_ONE)
    lists = {"it's": ["/m/a"], "y": ["/m/b", "/m/c"], "z": ["/m/c"]}
    lists |= {"-e": ["/m/b"], "-f": ["/m/b"], "f": ["/m/b"], "g": ["/m/b"], "h": ["/m/b"]}
    corpus = write_corpus(tmp_path / "corpus", lists, [("-e", 0.0, 1.0, "/m/b"), ("-e", 0.0, 1.0, "/m/c")], lost=["g"])
    for clip in lists.keys() - {"f", "g"}:
        record(corpus / f"audio/{clip}.wav", *["Alarm", "Cough"] * 20)
    build_store(tmp_path / "labels.duckdb", {"2": tmp_path / "2.parquet"}, tmp_path / "weak.parquet", corpus)
    p = {"-e": [0.2, 0.9, 0.7], "-f": [0.1, 0.7, 0.1], "f": [0.6, 0.8, 0.1], "g": [0.9, 0.9, 0.9], "h": [0.0, 0.6, 0.0]}
    scores = model_scores(p)
    np.copyto(scores.seeds[1].highest_p_NC, scores.seeds[1].p_NC)
    scores.seeds[1].highest_p_NC[-1] = [0.0, 0.3, 0.0]
    build_score_store(tmp_path / "scores.duckdb", score_files(tmp_path, {"2": scores}), corpus, VOCABULARY)
    return tmp_path / "labels.duckdb"


def chosen(store, n=6):
    return {group.title: rows for group, rows in worth_hearing(store, "2", n).items()}


def test_each_group_has_what_it_says(store):
    found = {title: [(row.clip_id, row.name, row.start_s) for row in rows] for title, rows in chosen(store).items()}
    assert found == {
        MISSING: [("z", "Dog, bark", 2.0), ("it's", "Dog, bark", 2.0)],  # one of a clip
        CONTRADICTED: [("y", "Dog, bark", 2.0)],  # the annotator does not have Music
        BEST: [("-e", "Dog, bark", 1.0), ("f", "Dog, bark", 1.0)],  # two of a class, of recordings that are listed
        MISSED: [("h", "Dog, bark", 1.0)],
        FALSE_ALARMS: [("f", "Speech", 1.0)],  # -e has Music
    }
    assert [len(rows) for rows in chosen(store, n=1).values()] == [1] * 5


def page_of(store, tmp_path, name="index.html"):
    """How many windows can be heard, and the page."""
    groups = worth_hearing(store, "2", 6)
    heard = write_page(tmp_path / name, "PSL-2s", groups, {"labels": 2000, "scores": 2000}, workers=2)
    return heard, (tmp_path / name).read_text()


def test_the_page_plays_the_very_windows_and_says_what_is_true(store, tmp_path, capsys):
    heard, page = page_of(store, tmp_path)
    assert heard == 5 and page.count("<audio ") == 5 and page.count("Without sound") == 2
    assert "2 windows cannot be heard, such as: " in (err := capsys.readouterr().err) and "audio/f.wav" in err
    assert 'alt="Spectrogram from 0:31.5 to 0:34.5"' in page  # 32 to 34 s of the file, and half a second around
    assert "default-src 'none'" in page and not re.search(r"https?://", page)
    assert "Dog, bark" in page and '<span class="true">yes</span>' in page
    assert page_of(store, tmp_path, "again.html")[1] == page


def test_a_window_ends_with_its_clip(store, tmp_path):
    groups = worth_hearing(store, "2", 6)
    write_page(tmp_path / "index.html", "PSL-2s", groups, {"labels": 9000, "scores": 9000}, workers=1)
    assert 'alt="Spectrogram from 0:31.5 to 0:40.0"' in (tmp_path / "index.html").read_text()  # as the recording does


def test_the_stage_takes_the_student_of_the_shortest_windows(store, tmp_path, monkeypatch, capsys):
    monkeypatch.chdir(tmp_path)
    (tmp_path / "data").mkdir()
    for name in ("labels.duckdb", "scores.duckdb"):
        (tmp_path / name).rename(tmp_path / "data" / name)
    params = read_params(ROOT / "presets/default.yaml")
    listen.work(params)
    assert "5 of 7 windows can be heard: open data/listen/index.html" in capsys.readouterr().err
    assert "PSL-2s" in (tmp_path / "data/listen/index.html").read_text()
    shutil.rmtree(tmp_path / "corpus/audio")
    with pytest.raises(PslError, match="none of the 7 windows to listen to can be heard: the lines above say why"):
        listen.work(params)


def test_without_a_store_the_sentence_says_how_to_make_it(tmp_path):
    with pytest.raises(PslError, match="run `dvc repro label_store`"):
        worth_hearing(tmp_path / "labels.duckdb", "2", 6)
