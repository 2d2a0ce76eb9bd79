"""Parts of the synthetic sets: names, ancestor classes, looped sounds, wrong labels, tables of labels."""

import csv
from itertools import pairwise
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from small_corpora import LISTS, lay_out, write

from psl.corpora.download import fsd50k, fsdkaggle2018, fsdkaggle2019
from psl.corpora.lists.classes import TABLES
from psl.corpora.lists.ontology import parents, read_ontology
from psl.corpora.synthetic.active_part import find_active_part
from psl.corpora.synthetic.bank import Recording
from psl.corpora.synthetic.esc_classes import ESC_TO_AUDIOSET
from psl.corpora.synthetic.freesound_layouts import layout_of
from psl.corpora.synthetic.freesound_sets import corrupt_labels
from psl.corpora.synthetic.parent_classes import NAMES, PARENTS, with_ancestor_classes, with_ancestors
from psl.corpora.synthetic.procedural.synths import SOUNDS
from psl.corpora.synthetic.procedural.tones import noise
from psl.corpora.synthetic.split import split_by_shares
from psl.io.metadata.vocabulary import Vocabulary
from psl.runtime.errors import PslError
from tests.test_freesound_sets import KINDS, RATE, parameters

SHARED = Path(__file__).parents[2] / "shared/metadata/audioset"
SEEDS = st.integers(0, 10_000)
FETCHED = {
    "synthetic_fsd50k": fsd50k,
    "synthetic_fsdkaggle2018": fsdkaggle2018,
    "synthetic_fsdkaggle2019": fsdkaggle2019,
}
LEAVES = {mid: name for mid, name, _ in SOUNDS} | dict(ESC_TO_AUDIOSET.values())


def layouts():
    return {kind: layout_of(parameters(kind)) for kind in KINDS}


def test_clips_and_sources_of_all_sets_have_names_of_their_own():
    ids = [
        layout.id_of(part, i)
        for layout in layouts().values()
        for part in range(len(layout.parts))
        for i in (0, 1, 999_999)
    ]
    assert len(set(ids)) == len(ids)
    names = [
        layout.clip_name(part, i)
        for layout in layouts().values()
        for part in range(len(layout.parts))
        for i in range(5_000)
    ]
    assert len(set(names)) == len(names)
    assert all(len(name) == 8 and int(name, 16) >= 0 for name in names[15_000:])


@pytest.mark.parametrize("kind", KINDS)
def test_folders_are_those_that_the_archives_unpack_to(kind):
    layout = layouts()[kind]
    published = {piece.target for piece in FETCHED[kind].PIECES}
    assert {layout.lists, *(part.folder for part in layout.parts)} <= published


@pytest.mark.skipif(not SHARED.exists(), reason="the official ontology is not here")
def test_classes_above_are_the_ontologys():
    above_of = parents(read_ontology(SHARED / "ontology.json"))
    with (SHARED / "class_labels_indices.csv").open(newline="") as file:
        known = {row["mid"]: row["display_name"] for row in csv.DictReader(file)}
    with (TABLES / "outside_audioset.csv").open(newline="") as file:
        known |= {row["mid"]: row["ontology_name"] for row in csv.DictReader(file)}

    def above(mid):
        return set().union(*({parent} if parent in known else above(parent) for parent in above_of.get(mid, ())))

    assert {mid: known[mid] for mid in NAMES} == NAMES
    everything = set(with_ancestors(LEAVES))
    assert {mid: set(PARENTS.get(mid, ())) for mid in everything} == {mid: above(mid) for mid in everything}
    assert set(PARENTS) <= everything and set(NAMES) == {parent for mids in PARENTS.values() for parent in mids}


@given(st.lists(st.sampled_from([*LEAVES, "mine"]), min_size=1, max_size=4, unique=True))
def test_smearing_is_closed_and_keeps_the_nearest_first(mids):
    closure = with_ancestors(mids)
    assert with_ancestors(closure) == closure or set(with_ancestors(closure)) == set(closure)
    assert closure[0] == mids[0] and len(set(closure)) == len(closure) and set(mids) <= set(closure)
    assert with_ancestor_classes(Vocabulary(tuple(mids), tuple(mids))).mids == closure


@given(SEEDS, st.integers(1, 5), st.floats(0, 1))
def test_wrong_labels_are_of_other_classes(seed, count, share):
    mids, everything = tuple("abcde"[:count]), "abcdefg"
    expected = corrupt_labels(mids, everything, share, np.random.default_rng(seed))
    assert len(set(expected)) == len(expected) == count and all(
        new == old or new not in mids for old, new in zip(mids, expected, strict=True)
    )
    assert corrupt_labels(mids, everything, 0.0, np.random.default_rng(seed)) == mids
    changed = sum(
        old != new
        for old, new in zip(mids, corrupt_labels(mids, everything, 1.0, np.random.default_rng(seed)), strict=True)
    )
    assert changed == min(count, len(everything) - count)
    assert corrupt_labels(("a",), "a", 1.0, np.random.default_rng(seed)) == ("a",)


@given(st.integers(1, 3_000), st.integers(1, 20_000))
def test_a_looped_sound_is_long_enough_and_repeats(samples, length):
    part = find_active_part(np.arange(1, samples + 1, dtype=np.float32) + 1_000, RATE, "it")
    looped = part.looped(length)
    whole = len(part.active_W) * part.frame_samples
    assert len(looped.x_T) >= length and len(looped.active_W) * looped.frame_samples >= length
    for begin, end in pairwise(range(0, len(looped.x_T) + 1, whole)):
        np.testing.assert_array_equal(looped.x_T[begin : begin + len(part.x_T)], part.x_T)
        assert not looped.x_T[begin + len(part.x_T) : end].any()


@given(SEEDS, st.lists(st.integers(1, 3), min_size=1, max_size=3))
def test_parts_share_no_source_and_each_has_every_class(seed, shares):
    recordings = [Recording(mid, f"{mid}{i}", f"{mid}{i // 2}", None) for mid in "ab" for i in range(2 * sum(shares))]
    parts = split_by_shares(Vocabulary(("a", "b"), ("a", "b")), recordings, shares, np.random.default_rng(seed))
    assert [len(part) for part in parts] == [4 * share for share in shares]
    assert len(set().union(*({r.source for r in part} for part in parts))) == 2 * sum(shares)
    assert all({r.mid for r in part} == {"a", "b"} for part in parts)


@given(SEEDS, st.integers(2, 3_000))
def test_noise_of_any_length_has_power_one(seed, samples):
    assert np.mean(noise(np.random.default_rng(seed), samples, -3.01) ** 2) == pytest.approx(1)


OWN = "label,mid,audioset_name\nHi-hat,/x/1,Hi-hat\nOboe,mine,Oboe\nViolin_or_fiddle,/x/2,So\n"


def test_a_table_beside_the_lists_takes_the_place_of_the_published_labels(tmp_path):
    out = write(lay_out(tmp_path, "fsdkaggle2018", {"class_table.csv": OWN}), "fsdkaggle2018")
    assert Vocabulary.read(out / "classes.csv").mids == ("/x/1", "mine", "/x/2")
    assert (
        "mine,Oboe,\n" in (out / "audioset_classes.csv").read_text()
        and (out / "lists/class_table.csv").read_text() == OWN
    )


@pytest.mark.parametrize(
    ("table", "expected"),
    [
        (OWN + "Oboe,/x/9,Oboe\n", "class_table.csv gives Oboe more than one mid: leave one"),
        (OWN + "Gong,mine,Gong\n", "lists mine more than once"),
        (
            OWN.replace("Oboe,", "Cello,"),
            r"line 3 of .*train_post_competition.csv is broken: expected a label of the corpus, not Oboe",
        ),
        ("label\nOboe\n", r"line 1 of .*class_table.csv is broken: expected a header with the columns label, mid"),
        ("label,mid\n", "class_table.csv names nothing"),
    ],
)
def test_a_table_beside_the_lists_that_is_wrong_is_expected(tmp_path, table, expected):
    assert "Oboe" in LISTS["fsdkaggle2018"]["train_post_competition.csv"]
    with pytest.raises(PslError, match=expected):
        write(lay_out(tmp_path, "fsdkaggle2018", {"class_table.csv": table}), "fsdkaggle2018")
