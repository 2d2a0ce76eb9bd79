"""Clips that share a recording, its bytes or a source are paired; names count within their namespace only."""

from itertools import product

import numpy as np
import pyarrow.parquet as pq
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from overlap_corpora import clip, lay_out

from psl.corpora.overlap.clips import read_catalog
from psl.corpora.overlap.fingerprint_index import NearDuplicates
from psl.corpora.overlap.pairs import KINDS, RELATIONS, clips_to_exclude, find_pairs, write_pairs
from psl.corpora.overlap.shared_names import pairs_by_name
from psl.runtime.errors import PslError

NO_NEAR = NearDuplicates(np.empty(0, np.int64), np.empty(0, np.int64), np.empty(0))
VIDEO = "abcdefghijk"


def read(root, corpora, recordings):
    return read_catalog(lay_out(root, corpora, recordings), root / "features", list(corpora))


def pairs_in(root, corpora, recordings, near=NO_NEAR):
    """Pairs as {(first clip, evaluation clip): (kind, relation)}."""
    clips = read(root, corpora, recordings)
    pairs = find_pairs(clips, near, "audioset")
    ids = clips.clip_ids.to_pylist()
    numbers = zip(pairs.a_P, pairs.b_P, pairs.kind_P, pairs.relation_P, strict=True)
    return {(ids[a], ids[b]): (KINDS[kind], RELATIONS[relation]) for a, b, kind, relation in numbers}


@pytest.mark.parametrize(
    ("desed", "kind"),
    [("10.000_20.000", "id"), ("5.500_15.500", "id"), ("20.000_30.000", "source"), ("0.000_10.000", "source")],
)
def test_stretches_of_one_video_are_one_clip_where_they_overlap(tmp_path, desed, kind):
    corpora = {"audioset": [clip(f"{VIDEO}_10000", "full")], "desed": [clip(f"Y{VIDEO}_{desed}", "validation", VIDEO)]}
    pairs = pairs_in(tmp_path, corpora, {"audioset": "youtube", "desed": "youtube"})
    assert pairs == {(f"{VIDEO}_10000", f"Y{VIDEO}_{desed}"): (kind, "leak")}


@pytest.mark.parametrize("times", ["1.2.3_4", "30_" + "9" * 30])
def test_an_id_whose_times_are_none_names_a_recording_of_its_own(tmp_path, times):
    corpora = {"audioset": [clip(f"{VIDEO}_1000", "full")], "desed": [clip(f"Y{VIDEO}_{times}", "validation", VIDEO)]}
    assert pairs_in(tmp_path, corpora, {"audioset": "youtube", "desed": "youtube"}) == {}


def test_a_shorter_clip_ends_before_ten_seconds(tmp_path):
    corpora = {
        "audioset": [clip(f"{VIDEO}_10000", "full", end_s=4.0)],
        "desed": [clip(f"Y{VIDEO}_14.000_24.000", "validation", VIDEO)],
    }
    assert [kind for kind, _ in pairs_in(tmp_path, corpora, {"audioset": "youtube", "desed": "youtube"}).values()] == [
        "source"
    ]


def test_the_same_bytes_are_the_same_audio_and_other_parts_of_them_the_same_source(tmp_path):
    rows = [
        clip("a_0", "balanced", audio_hash="x", end_s=10.0),
        clip("b_0", "eval", audio_hash="x", start_s=9.0, end_s=12.0),
    ]
    rows += [
        clip("c_0", "eval", audio_hash="x", start_s=10.0, end_s=20.0),
        clip("d_0", "eval", audio_hash="y"),
        clip("e_0", "eval"),
    ]
    pairs = pairs_in(tmp_path, {"audioset": rows}, {"audioset": None})
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
    assert pairs_in(tmp_path / "audio", {"audioset": rows}, {"audioset": None}) == {}
    rows = [clip("a_0", "full", "tape", **empty), clip("b_0", "eval", "tape", **empty)]
    assert set(pairs_in(tmp_path / "source", {"audioset": rows}, {"audioset": None}).values()) == {("source", "leak")}


def test_freesounds_ids_are_compared_between_its_corpora_and_no_others(tmp_path):
    corpora = {
        "fsd50k": [clip("100", "train", "100"), clip("200", "eval", "200"), clip("300", "val", "300")],
        "k18": [clip("f1", "test", "100"), clip("f2", "train", "200"), clip("f3", "test", "nameless")],
        "k19": [
            clip("g1", "noisy", "https://video.example/1"),
            clip("g2", "curated", "nameless"),
            clip("g3", "test", "300"),
        ],
        "audioset": [clip("100_0", "full"), clip("200_0", "eval")],
    }
    kinds = {"audioset": "youtube"} | dict.fromkeys(("fsd50k", "k18", "k19"), "freesound")
    expected = {("100", "f1"), ("f2", "200"), ("300", "g3")}
    assert pairs_in(tmp_path, corpora, kinds) == dict.fromkeys(expected, ("id", "apart"))


def test_groups_of_built_corpora_are_their_own(tmp_path):
    built = [clip("a_0", "full", "group3"), clip("b_0", "eval", "evaluation")]
    corpora = {"audioset": built, "other": [clip("a_0", "eval", "group3"), clip("b_0", "eval", "evaluation")]}
    assert pairs_in(tmp_path, corpora, {"audioset": None, "other": None}) == {}
    leaking = {"audioset": [*built, clip("c_0", "eval", "group3")]}
    assert pairs_in(tmp_path / "leaking", leaking, {"audioset": None}) == {("a_0", "c_0"): ("source", "leak")}


def test_two_evaluation_sets_that_share_a_clip_do_not_leak(tmp_path):
    corpora = {
        "audioset": [clip(f"{VIDEO}_10000", "eval"), clip(f"{VIDEO}_30000", "eval")],
        "desed": [clip(f"Y{VIDEO}_10.000_20.000", "validation", VIDEO)],
    }
    pairs = pairs_in(tmp_path, corpora, {"audioset": "youtube", "desed": "youtube"})
    expected = {("id", "shared evaluation"), ("source", "shared evaluation")}
    assert set(pairs.values()) == expected and len(pairs) == 2  # not the two of one set


def test_a_pair_counts_once_by_its_strongest_kind_and_keeps_its_distance(tmp_path):
    rows = [clip("a_0", "full", "tape", audio_hash="x"), clip("b_0", "eval", "tape", audio_hash="x")]
    clips = read(tmp_path, {"audioset": rows}, {"audioset": None})
    pairs = find_pairs(clips, NearDuplicates(np.array([0]), np.array([1]), np.array([0.12344])), "audioset")
    write_pairs(tmp_path / "pairs.parquet", clips, pairs)
    expected = ["audioset", "full", "a_0", "audioset", "eval", "b_0", "audio", 0.1234, "leak"]
    assert [list(row.values()) for row in pq.read_table(tmp_path / "pairs.parquet").to_pylist()] == [expected]


def leaking_corpora() -> dict[str, list[dict]]:
    """A training clip shares its audio with one evaluation clip and its source with another; others share nothing."""
    pair = [clip("a_0", "full", "tape", audio_hash="x"), clip("b_0", "eval", "t2", audio_hash="x")]
    return {
        "audioset": [*pair, clip("c_0", "eval", "tape"), clip("d_0", "full"), clip("e_0", "eval")],
        "f": [clip("7", "train", "7"), clip("8", "eval", "8")],
        "g": [clip("h", "test", "7"), clip("i", "test", "8")],
    }


@pytest.mark.parametrize(
    ("side", "kinds", "out"),
    [
        ("training", KINDS, {"a_0"}),
        ("evaluation", KINDS, {"b_0", "c_0"}),
        ("none", KINDS, set()),
        ("evaluation", ("source",), {"c_0"}),
    ],
)
def test_one_side_of_the_leaks_is_left_out_and_no_other_clip(tmp_path, side, kinds, out):
    clips = read(tmp_path, leaking_corpora(), {"audioset": None, "f": "freesound", "g": "freesound"})
    numbers = clips_to_exclude(find_pairs(clips, NO_NEAR, "audioset"), side, kinds)
    assert {clips.clip_ids[int(number)].as_py() for number in numbers} == out


CLIPS = st.lists(
    st.tuples(st.sampled_from(["balanced", "full", "eval"]), st.integers(0, 4), st.integers(0, 3)), max_size=12
)


def manifest_rows(name: str, clips: list[tuple[str, int, int]]) -> list[dict]:
    """Rows of (subset, source, audio); audio 3 has no hash."""
    return [
        clip(f"{name}{n}_0", subset, f"tape{tape}", audio_hash=None if audio == 3 else f"hash{audio}")
        for n, (subset, tape, audio) in enumerate(clips)
    ]


def expected_pairs(rows: dict[str, list[dict]]) -> dict[frozenset, str]:
    """The kind of each pair, by comparing every clip with every other."""
    pairs = {}
    for (corpus, a), (other, b) in product([(key, row) for key, clips in rows.items() for row in clips], repeat=2):
        leaks = a["subset"] != "eval" and b["subset"] == "eval"
        shared = a["subset"] == b["subset"] == "eval" and corpus < other
        audio = a["audio_hash"] and a["audio_hash"] == b["audio_hash"]
        source = corpus == other and a["source"] == b["source"]
        if (leaks or shared) and (audio or source):
            pairs[frozenset((a["clip_id"], b["clip_id"]))] = "audio" if audio else "source"
    return pairs


@settings(max_examples=40)
@given(left=CLIPS.filter(bool), right=CLIPS.filter(bool))
def test_pairs_vs_reference_whatever_the_order_and_the_names_of_the_corpora(tmp_path_factory, left, right):
    root = tmp_path_factory.mktemp("corpora")
    rows = {"l": manifest_rows("l", left), "r": manifest_rows("r", right)}
    for number, names in enumerate((("l", "r"), ("z", "a"))):
        corpora = {name: rows[key][::-1] for name, key in zip(names, ("l", "r"), strict=True)}
        pairs = pairs_in(root / str(number), corpora, dict.fromkeys(corpora))
        assert {frozenset(pair): kind for pair, (kind, _) in pairs.items()} == expected_pairs(rows)


def test_what_cannot_be_compared_is_a_sentence(tmp_path, monkeypatch):
    with pytest.raises(PslError, match=r"there are no subsets at .*corpus\.json: run the stage metadata"):
        read_catalog(tmp_path, tmp_path, ["audioset"])
    with pytest.raises(PslError, match=r"manifest of audioset has the subset extra, which its corpus\.json"):
        read(tmp_path / "a", {"audioset": [clip("a_0", "extra")]}, {"audioset": "youtube"})
    rows = [clip(f"{n}_0", "full" if n % 2 else "eval", "tape") for n in range(20)]
    clips = read(tmp_path / "b", {"audioset": rows}, {"audioset": None})
    monkeypatch.setattr("psl.corpora.overlap.shared_names.MAX_PAIRS", 99)
    with pytest.raises(PslError, match="more than 99 pairs of clips share a source"):
        pairs_by_name(clips, clips.source)
