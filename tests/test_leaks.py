"""Clips that share a recording, its bytes or a source are paired; names count within their namespace only."""

import numpy as np
import pyarrow.parquet as pq
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from leak_corpora import clip, lay_out

from psl.errors import PslError
from psl.leaks.clips import read_clips
from psl.leaks.near import Near
from psl.leaks.pairs import KINDS, RELATIONS, excluded, find, write_pairs
from psl.leaks.same import same

NO_NEAR = Near(np.empty(0, np.int64), np.empty(0, np.int64), np.empty(0))
VIDEO = "abcdefghijk"


def read(root, corpora, kinds):
    return read_clips(lay_out(root, corpora), root / "features", kinds)


def found(root, corpora, kinds, near=NO_NEAR):
    """Pairs as {(first clip, evaluation clip): (kind, relation)}."""
    clips = read(root, corpora, kinds)
    pairs = find(clips, near, "audioset")
    ids = clips.clip_ids.to_pylist()
    numbers = zip(pairs.a_P, pairs.b_P, pairs.kind_P, pairs.relation_P, strict=True)
    return {(ids[a], ids[b]): (KINDS[kind], RELATIONS[relation]) for a, b, kind, relation in numbers}


@pytest.mark.parametrize(
    ("desed", "kind"), [("10.000_20.000", "id"), ("5.500_15.500", "id"), ("20.000_30.000", "source"), ("0.000_10.000", "source")]
)
def test_stretches_of_one_video_are_one_clip_where_they_overlap(tmp_path, desed, kind):
    corpora = {"audioset": [clip(f"{VIDEO}_10000", "full")], "desed": [clip(f"Y{VIDEO}_{desed}", "validation", VIDEO)]}
    pairs = found(tmp_path, corpora, {"audioset": "audioset", "desed": "desed"})
    assert pairs == {(f"{VIDEO}_10000", f"Y{VIDEO}_{desed}"): (kind, "leak")}


@pytest.mark.parametrize("times", ["1.2.3_4", "30_" + "9" * 30])
def test_an_id_whose_times_are_none_names_a_recording_of_its_own(tmp_path, times):
    corpora = {"audioset": [clip(f"{VIDEO}_1000", "full")], "desed": [clip(f"Y{VIDEO}_{times}", "validation", VIDEO)]}
    assert found(tmp_path, corpora, {"audioset": "audioset", "desed": "desed"}) == {}


def test_a_shorter_clip_ends_before_ten_seconds(tmp_path):
    corpora = {
        "audioset": [clip(f"{VIDEO}_10000", "full", end_s=4.0)],
        "desed": [clip(f"Y{VIDEO}_14.000_24.000", "validation", VIDEO)],
    }
    assert [kind for kind, _ in found(tmp_path, corpora, {"audioset": "audioset", "desed": "desed"}).values()] == ["source"]


def test_the_same_bytes_are_the_same_audio_and_other_parts_of_them_the_same_source(tmp_path):
    rows = [clip("a_0", "balanced", audio_hash="x", end_s=10.0), clip("b_0", "eval", audio_hash="x", start_s=9.0, end_s=12.0)]
    rows += [clip("c_0", "eval", audio_hash="x", start_s=10.0, end_s=20.0), clip("d_0", "eval", audio_hash="y"), clip("e_0", "eval")]
    pairs = found(tmp_path, {"audioset": rows}, {"audioset": "soundscapes"})
    assert pairs == {("a_0", "b_0"): ("audio", "leak"), ("a_0", "c_0"): ("source", "leak")}


@pytest.mark.parametrize("status", ["unreadable", "silent", "too short"])
def test_what_has_no_features_is_not_the_same_audio_but_the_same_recording(tmp_path, status):
    empty = {"audio_hash": "x", "status": status}
    rows = [
        clip("a_0", "balanced", **empty),
        clip("b_0", "full", **empty),
        clip("c_0", "eval", **empty),
        clip("d_0", "eval", audio_hash="x"),
    ]
    assert found(tmp_path / "audio", {"audioset": rows}, {"audioset": "soundscapes"}) == {}
    rows = [clip("a_0", "full", "tape", **empty), clip("b_0", "eval", "tape", **empty)]
    assert set(found(tmp_path / "source", {"audioset": rows}, {"audioset": "soundscapes"}).values()) == {("source", "leak")}


def test_freesounds_ids_are_compared_between_its_corpora_and_no_others(tmp_path):
    corpora = {
        "fsd50k": [clip("100", "train", "100"), clip("200", "eval", "200"), clip("300", "val", "300")],
        "k18": [clip("f1", "test", "100"), clip("f2", "train", "200"), clip("f3", "test", "nameless")],
        "k19": [clip("g1", "noisy", "https://video.example/1"), clip("g2", "curated", "nameless"), clip("g3", "test", "300")],
        "audioset": [clip("100_0", "full"), clip("200_0", "eval")],
    }
    kinds = {"fsd50k": "fsd50k", "k18": "fsdkaggle2018", "k19": "fsdkaggle2019", "audioset": "audioset"}
    expected = {("100", "f1"), ("f2", "200"), ("300", "g3")}
    assert found(tmp_path, corpora, kinds) == dict.fromkeys(expected, ("id", "apart"))


def test_groups_of_built_corpora_are_their_own(tmp_path):
    built = [clip("a_0", "full", "group3"), clip("b_0", "eval", "evaluation")]
    corpora = {"audioset": built, "other": [clip("a_0", "eval", "group3"), clip("b_0", "eval", "evaluation")]}
    assert found(tmp_path, corpora, {"audioset": "soundscapes", "other": "soundscapes"}) == {}
    leaking = {"audioset": [*built, clip("c_0", "eval", "group3")]}
    assert found(tmp_path / "leaking", leaking, {"audioset": "soundscapes"}) == {("a_0", "c_0"): ("source", "leak")}


def test_two_evaluation_sets_that_share_a_clip_do_not_leak(tmp_path):
    corpora = {
        "audioset": [clip(f"{VIDEO}_10000", "eval"), clip(f"{VIDEO}_30000", "eval")],
        "desed": [clip(f"Y{VIDEO}_10.000_20.000", "validation", VIDEO)],
    }
    pairs = found(tmp_path, corpora, {"audioset": "audioset", "desed": "desed"})
    told = {("id", "shared evaluation"), ("source", "shared evaluation")}
    assert set(pairs.values()) == told and len(pairs) == 2  # not the two of one set


def test_a_pair_counts_once_by_its_strongest_kind_and_keeps_its_distance(tmp_path):
    rows = [clip("a_0", "full", "tape", audio_hash="x"), clip("b_0", "eval", "tape", audio_hash="x")]
    clips = read(tmp_path, {"audioset": rows}, {"audioset": "soundscapes"})
    pairs = find(clips, Near(np.array([0]), np.array([1]), np.array([0.12344])), "audioset")
    write_pairs(tmp_path / "pairs.parquet", clips, pairs)
    row = ["audioset", "full", "a_0", "audioset", "eval", "b_0", "audio", 0.1234, "leak"]
    assert [list(found.values()) for found in pq.read_table(tmp_path / "pairs.parquet").to_pylist()] == [row]


@pytest.mark.parametrize(("side", "kinds", "out"), [("training", KINDS, {"a_0"}), ("evaluation", KINDS, {"b_0", "c_0"}), ("none", KINDS, set()), ("evaluation", ("source",), {"c_0"})])  # fmt: skip
def test_one_side_of_the_leaks_is_left_out_and_no_other_clip(tmp_path, side, kinds, out):
    rows = [clip("a_0", "full", "tape", audio_hash="x"), clip("b_0", "eval", "t2", audio_hash="x"), clip("c_0", "eval", "tape")]
    more = [clip("7", "train", "7"), clip("8", "eval", "8")]
    corpora = {
        "audioset": [*rows, clip("d_0", "full"), clip("e_0", "eval")],
        "f": more,
        "g": [clip("h", "test", "7"), clip("i", "test", "8")],
    }
    clips = read(tmp_path, corpora, {"audioset": "soundscapes", "f": "fsd50k", "g": "fsdkaggle2018"})
    numbers = excluded(clips, find(clips, NO_NEAR, "audioset"), side, kinds)
    assert {clips.clip_ids[int(number)].as_py() for number in numbers} == out


CLIPS = st.lists(st.tuples(st.sampled_from(["balanced", "full", "eval"]), st.integers(0, 4), st.integers(0, 3)), max_size=12)


@settings(max_examples=40)
@given(left=CLIPS.filter(bool), right=CLIPS.filter(bool))
def test_pairs_vs_reference(tmp_path_factory, left, right):
    """Every pair of clips is looked at; order of clips and corpora's names do not count."""
    root = tmp_path_factory.mktemp("corpora")
    rows = {
        name: [clip(f"{name}{n}_0", subset, f"tape{tape}", audio_hash=None if tape_hash == 3 else f"hash{tape_hash}") for n, (subset, tape, tape_hash) in enumerate(some)]
        for name, some in (("l", left), ("r", right))
    }  # fmt: skip
    both = [(corpus, row) for corpus, some in rows.items() for row in some]
    expected = {}
    for corpus, a in both:
        for other, b in both:
            leaks = a["subset"] != "eval" and b["subset"] == "eval"
            shared = a["subset"] == b["subset"] == "eval" and corpus < other
            audio, source = a["audio_hash"] and a["audio_hash"] == b["audio_hash"], corpus == other and a["source"] == b["source"]
            if (leaks or shared) and (audio or source):
                expected[a["clip_id"], b["clip_id"]] = "audio" if audio else "source"
    for number, names in enumerate((("l", "r"), ("z", "a"))):
        corpora = {name: rows[key][::-1] for name, key in zip(names, ("l", "r"), strict=True)}
        pairs = found(root / str(number), corpora, dict.fromkeys(corpora, "soundscapes"))
        unordered = {frozenset(pair): kind for pair, (kind, _) in pairs.items()}
        assert unordered == {frozenset(pair): kind for pair, kind in expected.items()}


def test_what_cannot_be_compared_is_a_sentence(tmp_path, monkeypatch):
    with pytest.raises(PslError, match="there is no manifest"):
        read_clips(tmp_path, tmp_path, {"audioset": "audioset"})
    clips = read(tmp_path / "a", {"audioset": [clip("a_0", "extra")]}, {"audioset": "audioset"})
    with pytest.raises(PslError, match="subset extra of the corpus audioset trains or evaluates"):
        find(clips, NO_NEAR, "audioset")
    rows = [clip(f"{n}_0", "full" if n % 2 else "eval", "tape") for n in range(20)]
    clips = read(tmp_path / "b", {"audioset": rows}, {"audioset": "soundscapes"})
    monkeypatch.setattr("psl.leaks.same.MOST_PAIRS", 99)
    with pytest.raises(PslError, match="more than 99 pairs of clips share a source"):
        same(clips, clips.source)
