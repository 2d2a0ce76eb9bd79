"""The label store's clips: their labels beside weak and true ones, where their sound lies, ids as in the manifest."""

import numpy as np
import pytest
from label_fakes import VOCABULARY, WEAK, label_files, write, write_corpus

from psl.labels.open_store import open_store
from psl.labels.store import build_store


@pytest.fixture
def parts(tmp_path):
    """The files of labels of two windows, of the weak labels, and their corpus."""
    return label_files(tmp_path)


def clip_labels(path):
    with open_store(path) as store:
        return store.execute("SELECT clip_id, window_s, name, p, weak, truth FROM clip_labels ORDER BY ALL").fetchall()


def test_clip_labels_have_the_highest_p_the_weak_label_and_the_truth(tmp_path, parts):
    labels, weak, _ = parts
    events = [("it's", 0.5, 1.0, "/m/a"), ("it's", 3.0, 4.0, "/m/c"), ("other", 0.0, 1.0, "/m/b")]
    corpus = write_corpus(tmp_path / "corpus", {**WEAK, "other": []}, events, {"y": ["/m/b", "/m/c"]})
    build_store(tmp_path / "labels.duckdb", {"2": labels["2"]}, weak, corpus)
    assert clip_labels(tmp_path / "labels.duckdb") == [
        ("it's", 2.0, "Dog, bark", 0.6, False, False),
        ("it's", 2.0, "Music", 0.31, False, True),
        ("it's", 2.0, "Speech", 0.9, True, True),
        ("y", 2.0, "Dog, bark", None, True, None),  # weak, but below the minimum probability; no event is known
        ("y", 2.0, "Music", 0.30002, True, None),
        ("y", 2.0, "Speech", 0.3, None, None),  # not looked for
    ]


def test_the_highest_p_of_a_clip_is_that_of_all_parts_of_its_windows(tmp_path, monkeypatch):
    monkeypatch.setattr("psl.labels.store_rows.WINDOWS_PER_INSERT", 2)
    monkeypatch.setattr("psl.labels.store_rows.INSERTS_PER_TRANSACTION", 2)
    rng = np.random.default_rng(5)
    clips = {f"clip{n}": (rng.integers(0, 11, (n % 6 + 1, 3)) / 10).tolist() for n in range(9)}
    write(tmp_path / "2.parquet", clips)
    corpus = write_corpus(tmp_path / "corpus", {clip: ["/m/c"] for clip in clips})
    build_store(tmp_path / "labels.duckdb", {"2": tmp_path / "2.parquet"}, tmp_path / "2.parquet", corpus)
    highest = {clip: np.max(p, axis=0) for clip, p in clips.items()}
    assert clip_labels(tmp_path / "labels.duckdb") == [
        (clip, 2.0, name, pytest.approx(p_C[c]), c == 2, None)
        for clip, p_C in highest.items()
        for c, name in sorted(enumerate(VOCABULARY.names), key=lambda pair: pair[1])
        if p_C[c] > 0.1 or c == 2
    ]


def test_clips_join_with_the_manifest_and_say_where_their_sound_lies(tmp_path, parts):
    events = [("y", 0.25, 1.5, "/m/b")]
    corpus = write_corpus(tmp_path / "corpus", {**WEAK, "🐶é": []}, events)
    build_store(tmp_path / "labels.duckdb", *parts[:2], corpus)
    manifest = f"'{corpus}/manifest.parquet'"
    with open_store(tmp_path / "labels.duckdb") as store:
        clips = store.execute("SELECT * FROM named_clips ORDER BY ALL").fetchall()
        joined = store.execute(f"SELECT count(*) FROM named_clips JOIN {manifest} USING (clip_id, source)").fetchall()
        found = store.execute("SELECT * FROM named_events").fetchall()
        sets = store.execute("SELECT window_key, window_ms FROM window_sets ORDER BY window_ms").fetchall()
    assert clips[0] == ("it's", "balanced", "of it's", f"{corpus}/audio/it's.wav", 30.0, 40.0)
    assert joined == [(2,)] and found == [("y", 0.25, 1.5, "/m/b", "Dog, bark")]
    assert sets == [("2", 2000), ("10", 10_000)]
