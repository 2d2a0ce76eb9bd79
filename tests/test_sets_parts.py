"""What the built sets are made with: names that never meet, classes above classes, looped sounds, wrong labels, tables of their own."""

import csv
from itertools import pairwise
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from small_corpora import LISTS, lay_out, write

from psl.corpora.classes import TABLES
from psl.corpora.ontology import parents, read_ontology
from psl.errors import PslError
from psl.fetching import fsd50k, fsdkaggle2018, fsdkaggle2019
from psl.soundscapes.bank import Recording
from psl.soundscapes.deal import share_out
from psl.soundscapes.esc_classes import AUDIOSET_CLASSES
from psl.soundscapes.ontology import ABOVE, NAMES, smeared, with_above
from psl.soundscapes.set_layouts import layout_of
from psl.soundscapes.sets import mislabelled
from psl.soundscapes.sounding import sounding
from psl.soundscapes.synths import SOUNDS
from psl.soundscapes.tones import noise
from psl.vocabulary import Vocabulary
from tests.test_sets import KINDS, RATE, parameters

SHARED = Path(__file__).parents[2] / "shared/metadata/audioset"
SEEDS = st.integers(0, 10_000)
FETCHED = {"made_fsd50k": fsd50k, "made_fsdkaggle2018": fsdkaggle2018, "made_fsdkaggle2019": fsdkaggle2019}
LEAVES = {mid: name for mid, name, _ in SOUNDS} | dict(AUDIOSET_CLASSES.values())


def layouts():
    return {kind: layout_of(parameters(kind)) for kind in KINDS}


def test_clips_and_sources_of_all_sets_have_names_of_their_own():
    ids = [layout.id_of(part, i) for layout in layouts().values() for part in range(len(layout.parts)) for i in (0, 1, 999_999)]
    assert len(set(ids)) == len(ids)
    names = [layout.clip_name(part, i) for layout in layouts().values() for part in range(len(layout.parts)) for i in range(5_000)]
    assert len(set(names)) == len(names)
    assert all(len(name) == 8 and int(name, 16) >= 0 for name in names[15_000:])


@pytest.mark.parametrize("kind", KINDS)
def test_folders_are_those_that_the_archives_unpack_to(kind):
    layout = layouts()[kind]
    published = {piece.becomes for piece in FETCHED[kind].PIECES}
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
    everything = set(with_above(LEAVES))
    assert {mid: set(ABOVE.get(mid, ())) for mid in everything} == {mid: above(mid) for mid in everything}
    assert set(ABOVE) <= everything and set(NAMES) == {parent for mids in ABOVE.values() for parent in mids}


@given(st.lists(st.sampled_from([*LEAVES, "mine"]), min_size=1, max_size=4, unique=True))
def test_smearing_is_closed_and_keeps_the_nearest_first(mids):
    there = with_above(mids)
    assert with_above(there) == there or set(with_above(there)) == set(there)
    assert there[0] == mids[0] and len(set(there)) == len(there) and set(mids) <= set(there)
    assert smeared(Vocabulary(tuple(mids), tuple(mids))).mids == there


@given(SEEDS, st.integers(1, 5), st.floats(0, 1))
def test_wrong_labels_are_of_other_classes(seed, count, share):
    mids, everything = tuple("abcde"[:count]), "abcdefg"
    told = mislabelled(mids, everything, share, np.random.default_rng(seed))
    assert len(set(told)) == len(told) == count and all(new == old or new not in mids for old, new in zip(mids, told, strict=True))
    assert mislabelled(mids, everything, 0.0, np.random.default_rng(seed)) == mids
    changed = sum(old != new for old, new in zip(mids, mislabelled(mids, everything, 1.0, np.random.default_rng(seed)), strict=True))
    assert changed == min(count, len(everything) - count)
    assert mislabelled(("a",), "a", 1.0, np.random.default_rng(seed)) == ("a",)


@given(st.integers(1, 3_000), st.integers(1, 20_000))
def test_a_looped_sound_is_long_enough_and_repeats(samples, length):
    heard = sounding(np.arange(1, samples + 1, dtype=np.float32) + 1_000, RATE, "it")
    looped = heard.looped(length)
    whole = len(heard.sounds_W) * heard.frame
    assert len(looped.x_T) >= length and len(looped.sounds_W) * looped.frame >= length
    for begin, end in pairwise(range(0, len(looped.x_T) + 1, whole)):
        np.testing.assert_array_equal(looped.x_T[begin : begin + len(heard.x_T)], heard.x_T)
        assert not looped.x_T[begin + len(heard.x_T) : end].any()


@given(SEEDS, st.lists(st.integers(1, 3), min_size=1, max_size=3))
def test_parts_share_no_source_and_each_has_every_class(seed, shares):
    recordings = [Recording(mid, f"{mid}{i}", f"{mid}{i // 2}", None) for mid in "ab" for i in range(2 * sum(shares))]
    dealt = share_out(Vocabulary(("a", "b"), ("a", "b")), recordings, shares, np.random.default_rng(seed))
    assert [len(part) for part in dealt] == [4 * share for share in shares]
    assert len(set().union(*({r.source for r in part} for part in dealt))) == 2 * sum(shares)
    assert all({r.mid for r in part} == {"a", "b"} for part in dealt)


@given(SEEDS, st.integers(2, 3_000))
def test_noise_of_any_length_has_power_one(seed, samples):
    assert np.mean(noise(np.random.default_rng(seed), samples, -3.01) ** 2) == pytest.approx(1)


OWN = "label,mid,audioset_name\nHi-hat,/x/1,Hi-hat\nOboe,mine,Oboe\nViolin_or_fiddle,/x/2,So\n"


def test_a_table_beside_the_lists_takes_the_place_of_the_published_labels(tmp_path):
    out = write(lay_out(tmp_path, "fsdkaggle2018", {"class_table.csv": OWN}), "fsdkaggle2018")
    assert Vocabulary.read(out / "classes.csv").mids == ("/x/1", "mine", "/x/2")
    assert "mine,Oboe,\n" in (out / "audioset_classes.csv").read_text() and (out / "lists/class_table.csv").read_text() == OWN


@pytest.mark.parametrize(
    ("table", "told"),
    [
        (OWN + "Oboe,/x/9,Oboe\n", "class_table.csv gives Oboe more than one mid: leave one"),
        (OWN + "Gong,mine,Gong\n", "lists mine more than once"),
        (OWN.replace("Oboe,", "Cello,"), r"line 3 of .*train_post_competition.csv is broken: expected a label of the corpus, not Oboe"),
        ("label\nOboe\n", r"line 1 of .*class_table.csv is broken: expected a header with the columns label, mid"),
        ("label,mid\n", "class_table.csv names nothing"),
    ],
)
def test_a_table_beside_the_lists_that_is_wrong_is_told(tmp_path, table, told):
    assert "Oboe" in LISTS["fsdkaggle2018"]["train_post_competition.csv"]
    with pytest.raises(PslError, match=told):
        write(lay_out(tmp_path, "fsdkaggle2018", {"class_table.csv": table}), "fsdkaggle2018")
