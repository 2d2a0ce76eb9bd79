"""AudioSet's lists in every spelling, its audio in every naming scheme, and one manifest over them."""

import json
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from small_corpora import AUDIOSET_LAYOUT

from psl.corpora.lists.audioset import draw_aud300h, write_corpus
from psl.corpora.lists.audioset_lists import (
    BALANCED,
    EVAL,
    STRONG_EVAL,
    UNBALANCED,
    read_segments,
    read_strong,
)
from psl.io.metadata.manifest import read_manifest, require_subset
from psl.io.schemas import SEGMENTS
from psl.runtime.errors import PslError

OFFICIAL = Path(__file__).parents[2] / "shared/metadata/audioset"
HEAD = "# Segments csv created\n# num_ytids=1\n# YTID, start_seconds, end_seconds, positive_labels\n"
DASH = {"ytid": "--PJHxphWEs", "start_ms": 30_000, "end_ms": 40_000, "labels": ["/m/09x0r", "/t/dd00088"]}


def segments(rows):
    return pa.table([*zip(*rows, strict=True), [["/a"]] * len(rows)], schema=SEGMENTS)


def corpus(folder, lists=None, strong=""):
    """Lists over two classes, and an empty audio folder; returns both folders."""
    texts = {
        BALANCED: 'bal00000001, 30.000, 40.000, "/a"\n',
        UNBALANCED: 'unb00000001, 0.000, 10.000, "/a,/b"\nunb00000002, 0.000, 10.000, "/b"\n',
        EVAL: 'eval0000001, 5.000, 15.000, "/b"\n',
        **(lists or {}),
    }
    (folder / "lists").mkdir()
    (folder / "audio").mkdir()
    for name, text in texts.items():
        (folder / "lists" / name).write_text(HEAD + text)
    (folder / "lists/class_labels_indices.csv").write_text('index,mid,display_name\n0,/a,"A, or so"\n1,/b,"B"\n')
    if strong:
        (folder / "lists" / STRONG_EVAL).write_text(strong)
    return folder / "lists", folder / "audio"


@pytest.mark.parametrize("head", ["", HEAD, "".join(HEAD.splitlines(True)[:2])])
@pytest.mark.parametrize(
    "row",
    [
        '--PJHxphWEs, 30.000, 40.000, "/m/09x0r,/t/dd00088"\n',
        '--PJHxphWEs,30,40,"/m/09x0r,/t/dd00088"\r\n',
        "--PJHxphWEs,30.0,40.0,/m/09x0r,/t/dd00088\n",
        '--PJHxphWEs , 30 , 40 , "/m/09x0r, /t/dd00088 "\n\n',
    ],
)
def test_every_spelling_is_the_same_segment(tmp_path, head, row):
    path = tmp_path / "list.csv"
    path.write_text(head + row, newline="")
    assert read_segments(path).to_pylist() == [DASH]


@pytest.mark.parametrize(
    ("row", "fault"),
    [
        ("abc, 0.000, 10.000", "line 4 of .*expected YTID, start, end"),
        ('abc, zero, 10.000, "/a"', "line 4 of .*expected seconds, not 'zero'"),
        ('abc, nan, 10.000, "/a"', "line 4 of .*expected a time from 0 s on, not nan s"),
        ('abc, 0.000, inf, "/a"', "line 4 of .*expected a time from 0 s on, not inf s"),
        ('abc, 10.000, 10.000, "/a"', "expected a start before the end"),
        ('abc, 0.000, 10.000, ""', "expected at least one label"),
        (', 0.000, 10.000, "/a"', "expected YTID"),
        (
            'abc, 0.000, 10.000, "/a\ndef, 0.000, 10.000, "/b"\n',
            "line 4 of .*expected every quote to be closed on its own line",
        ),
        ("", "names no clip"),
        ("a, 0, 1, /a\n\udcff", "line 5 of .*expected text in UTF-8"),
    ],
)
def test_a_broken_row_is_refused_with_its_line(tmp_path, row, fault):
    path = tmp_path / "list.csv"
    path.write_bytes((HEAD + row).encode(errors="surrogateescape"))
    with pytest.raises(PslError, match=fault):
        read_segments(path)


@pytest.mark.skipif(not OFFICIAL.exists(), reason="the official lists are not here")
@pytest.mark.parametrize(("name", "rows", "labels"), [(BALANCED, 22_160, 52_882), (EVAL, 20_371, 51_804)])
def test_official_lists_parse_to_their_own_counts(name, rows, labels):
    segments = read_segments(OFFICIAL / name)
    assert (len(segments), len(segments["ytid"].unique())) == (rows, rows)
    given = segments["labels"].combine_chunks().flatten()
    assert (len(given), len(given.unique())) == (labels, 527)


def test_aud300h_is_a_seeded_draw_that_fills_the_hours():
    balanced, unbalanced = (
        segments([("bal", 0, 10_000)]),
        segments([(f"unb{i}", 0, 5_000 + 1_000 * (i % 6)) for i in range(40)]),
    )
    taken = unbalanced.filter(draw_aud300h(balanced, unbalanced, 100_000, seed=1))
    assert 80_000 <= sum(taken["end_ms"].to_pylist()) <= 90_000
    backwards = unbalanced.take(list(range(39, -1, -1)))
    again = backwards.filter(draw_aud300h(balanced, backwards, 100_000, seed=1))
    assert sorted(taken["ytid"].to_pylist()) == sorted(again["ytid"].to_pylist())
    assert not taken.equals(unbalanced.filter(draw_aud300h(balanced, unbalanced, 100_000, seed=2)))


def test_manifest_of_a_corpus_that_lies_elsewhere(tmp_path, capsys):
    header = "segment_id\tstart_time_seconds\tend_time_seconds\tlabel\n"
    lists, audio = corpus(tmp_path, strong=header + "eval0000001_5000\t0.5\t1\t/b\nother_0\t0\t1\t/b\n")
    (audio / "bal00000001_30.000_40.000.wav").write_bytes(b"audio")
    (tmp_path / "out").mkdir()
    write_corpus(tmp_path / "out", lists, audio, aud300h_hours=20 / 3600, seed=1)
    row_of = {row["clip_id"]: row for row in read_manifest(tmp_path / "out").to_pylist()}
    assert list(row_of) == ["bal00000001_30000", "eval0000001_5000", "unb00000001_0", "unb00000002_0"]
    assert sorted(row["subset"] for row in row_of.values()) == ["aud300h", "balanced", "eval", "full"]
    found = row_of["bal00000001_30000"]
    assert (found["path"], found["start_s"], found["end_s"]) == (
        str(audio / "bal00000001_30.000_40.000.wav"),
        0.0,
        10.0,
    )
    assert (found["source"], len(found["audio_hash"]), row_of["unb00000001_0"]["path"]) == ("bal00000001", 32, None)
    assert "1 of 2 events of the strong lists in" in capsys.readouterr().err
    strong = pq.read_table(tmp_path / "out/strong.parquet").to_pylist()
    assert strong == [{"clip_id": "eval0000001_5000", "onset_s": 0.5, "offset_s": 1.0, "mid": "/b"}]


def test_events_of_classes_outside_the_class_list_are_kept_and_reported(tmp_path, capsys):
    events = "".join(
        f"eval0000001_5000\t{second}\t{second + 1}\t{mid}\n" for second, mid in enumerate(("/z", "/b", "/y", "/z"))
    )
    lists, audio = corpus(tmp_path, strong=events)
    for name in ("without", "with"):
        (tmp_path / name).mkdir()
        write_corpus(tmp_path / name, lists, audio, aud300h_hours=1.0, seed=1)
        nodes = [{"id": "/z", "name": "Zither, or so", "child_ids": [], "restrictions": []}]
        (lists / "ontology.json").write_text(json.dumps(nodes))
    (lists / "ontology.json").write_text("[")
    (tmp_path / "damaged").mkdir()
    write_corpus(tmp_path / "damaged", lists, audio, aud300h_hours=1.0, seed=1)
    log = capsys.readouterr().err
    assert "ontology.json is damaged" in log
    lines = [line for line in log.splitlines() if "events of" in line]
    assert lines == [
        f"3 events of 2 classes outside class_labels_indices.csv, such as {such}, are kept in strong.parquet and not "
        "scored"
        for such in ("/z", "Zither, or so (/z)", "/z")
    ]
    assert sorted(pq.read_table(tmp_path / "with/strong.parquet")["mid"].to_pylist()) == ["/b", "/y", "/z", "/z"]


@pytest.mark.parametrize(("text", "why"), [(None, "does not exist"), (HEAD, "names no clip")])
def test_the_unbalanced_list_need_not_be_there(tmp_path, capsys, text, why):
    lists, audio = corpus(tmp_path)
    (lists / UNBALANCED).unlink()
    if text:
        (lists / UNBALANCED).write_text(text)
    (tmp_path / "out").mkdir()
    write_corpus(tmp_path / "out", lists, audio, aud300h_hours=20 / 3600, seed=1)
    manifest = read_manifest(tmp_path / "out")
    assert manifest["subset"].to_pylist() == ["balanced", "eval"]
    assert (
        f"{UNBALANCED} {why}: aud300h and full hold the balanced clips alone, so train on balanced"
        in capsys.readouterr().err
    )
    require_subset(manifest, AUDIOSET_LAYOUT, "balanced", "train_annotator.subset")
    with pytest.raises(
        PslError,
        match=r"train_annotator.subset is full, and the corpus has no training clip beyond balanced: add the list",
    ):
        require_subset(manifest, AUDIOSET_LAYOUT, "full", "train_annotator.subset")


@pytest.mark.parametrize(
    ("lists", "fault"),
    [
        ({EVAL: 'bal00000001, 30.000, 40.000, "/a"\n'}, "name the clip bal00000001_30000 more than once"),
        ({EVAL: 'eval0000001, 0.000, 10.000, "/z"\n'}, "labels the clip eval0000001_0 with /z"),
    ],
)
def test_lists_that_contradict_are_refused(tmp_path, lists, fault):
    lists, audio = corpus(tmp_path, lists)
    with pytest.raises(PslError, match=fault):
        write_corpus(tmp_path, lists, audio, aud300h_hours=1.0, seed=1)


def test_missing_places_are_reported(tmp_path):
    lists, audio = corpus(tmp_path)
    with pytest.raises(PslError, match="nowhere does not exist"):
        write_corpus(tmp_path, lists, tmp_path / "nowhere", aud300h_hours=1.0, seed=1)
    (lists / BALANCED).unlink()
    with pytest.raises(PslError, match=r"balanced_train_segments.* does not exist"):
        write_corpus(tmp_path, lists, audio, aud300h_hours=1.0, seed=1)
    with pytest.raises(PslError, match="does not exist"):
        list(read_strong(lists / STRONG_EVAL))
