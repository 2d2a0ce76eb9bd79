"""Classes are joined by mid, by AudioSet's ontology and by a person's table, and never by name."""

import json
from pathlib import Path

import numpy as np
import pytest

from psl.annotators.class_words import describe
from psl.annotators.join_classes import join_classes
from psl.config.class_join import ClassJoin
from psl.corpora.lists.ontology import parents, read_ontology
from psl.corpora.synthetic.esc_classes import ESC_TO_AUDIOSET
from psl.io.metadata.audioset_mids import read_audioset_mids
from psl.io.metadata.vocabulary import Vocabulary
from psl.runtime.errors import PslError

SHARED = Path(__file__).parents[2] / "shared"
AUDIOSET, MN04 = SHARED / "metadata/audioset", SHARED / "models/mn04_as/class_labels_indices.csv"
WHERE = "annotators.mn04.classes"
ANNOTATOR = Vocabulary(
    ("/m/dog", "/m/bark", "/m/cat", "/m/steam", "/m/boil"), ("Dog", "Bark", "Cat", "Steam", "Boiling, simmering")
)
OWN = Vocabulary(("/m/dog", "Cat", "kettle"), ("Dog", "Cat", "Kettle"))
TREE = {"/m/animal": ["/m/dog", "/m/cat"], "/m/dog": ["/m/bark"], "/m/water": ["/m/boil", "/m/steam"]}


def teachers(class_map):
    """The annotator's ids of each of the corpus's ids."""
    return {
        own: [class_map.annotator.mids[number] for number in numbers]
        for own, numbers in zip(class_map.vocabulary.mids, class_map.partners, strict=True)
    }


def joined(tmp_path, table=None, own=OWN, annotator=ANNOTATOR, tree=None, **kwargs):
    """The join with a table of this text or bytes, and the ontology of this tree."""
    params = {}
    if table is not None:
        params["table"] = str(tmp_path / "table.csv")
        Path(params["table"]).write_bytes(table if isinstance(table, bytes) else table.encode())
    if tree is not None:
        params |= {"join": "ontology", "ontology": str(tmp_path / "ontology.json")}
        mids = dict.fromkeys([*tree, *(child for children in tree.values() for child in children)])
        nodes = [{"id": mid, "name": mid, "child_ids": tree.get(mid, []), "restrictions": []} for mid in mids]
        Path(params["ontology"]).write_text(json.dumps(nodes))
    return teachers(join_classes(own, annotator, ClassJoin(**params), WHERE, **kwargs))


def test_by_mid_alone_and_never_by_name(tmp_path):
    assert joined(tmp_path) == {"/m/dog": ["/m/dog"], "Cat": [], "kettle": []}


def test_doubled_names_and_another_order_change_nothing(tmp_path):
    annotator = Vocabulary(("/m/bark", "/m/cat", "/m/dog"), ("Dog", "Dog", "Dog"))
    assert joined(tmp_path, annotator=annotator)["/m/dog"] == ["/m/dog"]


def test_a_corpus_that_states_its_audioset_classes_is_joined_by_them(tmp_path):
    (tmp_path / "audioset_classes.csv").write_text(
        "mid,name,audioset_mid\nCat,Cat,/m/cat\nkettle,Kettle,/m/boil\nkettle,Kettle,/m/steam\n/m/dog,Dog,\n"
    )
    stated = read_audioset_mids(tmp_path)
    assert stated == {"Cat": ("/m/cat",), "kettle": ("/m/boil", "/m/steam"), "/m/dog": ()}
    assert joined(tmp_path, audioset=stated) == {
        "/m/dog": ["/m/dog"],
        "Cat": ["/m/cat"],
        "kettle": ["/m/steam", "/m/boil"],
    }


def test_a_corpus_that_states_none_is_joined_by_its_ids(tmp_path):
    assert read_audioset_mids(tmp_path) == {}


def test_in_the_ontology_children_count_for_their_parents_and_not_the_reverse(tmp_path):
    own = Vocabulary(("/m/animal", "/m/dog", "/m/bark", "kettle"), ("Animal", "Dog", "Bark", "Kettle"))
    assert joined(tmp_path, own=own, tree=TREE) == {
        "/m/animal": ["/m/dog", "/m/bark", "/m/cat"],
        "/m/dog": ["/m/dog", "/m/bark"],
        "/m/bark": ["/m/bark"],
        "kettle": [],
    }


def test_the_ontology_goes_on_from_stated_classes(tmp_path):
    found = joined(tmp_path, tree=TREE, audioset={"kettle": ["/m/water"], "Cat": []})
    assert found["kettle"] == ["/m/steam", "/m/boil"] and found["Cat"] == []


@pytest.mark.parametrize(("lost", "side"), [("/m/dog", "the corpus"), ("/m/steam", "the annotator")])
def test_an_ontology_without_a_mid_is_refused(tmp_path, lost, side):
    tree = {mid: [child for child in children if child != lost] for mid, children in TREE.items() if mid != lost}
    if lost == "/m/dog":
        tree["/m/animal"] = [*tree["/m/animal"], "/m/bark"]
    with pytest.raises(PslError, match=rf"{WHERE}: the ontology .* lacks {lost}, a class of {side}: give"):
        joined(tmp_path, tree=tree)


def test_classes_that_the_table_names_need_no_place_in_the_ontology(tmp_path):
    tree = {"/m/animal": ["/m/cat"], "/m/bark": [], "/m/boil": []}
    found = joined(tmp_path, "own,teacher\nkettle,/m/steam\n/m/dog,/m/dog\n", tree=tree)
    assert found == {"/m/dog": ["/m/dog"], "Cat": [], "kettle": ["/m/steam"]}


@pytest.mark.parametrize("bom", [b"", b"\xef\xbb\xbf"])
@pytest.mark.parametrize("kettle", [b"kettle", b"Kettle"])
def test_a_table_adds_to_the_join_by_id_or_name(tmp_path, bom, kettle):
    table = bom + b"own,teacher\r\n" + kettle + b",/m/steam\r\n" + kettle + b",/m/boil\r\n"
    assert joined(tmp_path, table) == {"/m/dog": ["/m/dog"], "Cat": [], "kettle": ["/m/steam", "/m/boil"]}


def test_a_table_decides_alone_for_the_classes_that_it_names(tmp_path):
    found = joined(tmp_path, "own,teacher\n/m/dog,/m/bark\n", audioset={"Cat": ["/m/cat"]})
    assert found == {"/m/dog": ["/m/bark"], "Cat": ["/m/cat"], "kettle": []}


def test_a_line_without_a_teacher_takes_the_partner_away(tmp_path):
    assert joined(tmp_path, "own,teacher\n/m/dog,\nCat,/m/cat\n")["/m/dog"] == []


def test_names_with_commas_and_names_typed_in_another_unicode_form_are_found(tmp_path):
    own = Vocabulary(("a", "cafe\u0301"), ("Pump, electric", "cafe\u0301"))
    table = 'own,teacher\n"Pump, electric",/m/steam\ncaf\xe9,/m/boil\n'
    assert joined(tmp_path, table, own) == {"a": ["/m/steam"], "cafe\u0301": ["/m/boil"]}


@pytest.mark.parametrize(
    ("table", "message"),
    [
        ("kettle,/m/steam\n", "line 1 of .*table.csv is broken: expected a header with the columns own, teacher"),
        ("own;teacher\nkettle;/m/steam\n", "line 1 .* a header with the columns own, teacher"),
        ("own,teacher\n", "names nothing"),
        ("own,teacher\nkettle\n", "line 2 .* 2 fields"),
        ("own,teacher\nketle,/m/steam\n", "line 2 .* 3 classes, not 'ketle': near ones are kettle \\(Kettle\\)"),
        ("own,teacher\nKETTLE,/m/steam\n", "not 'KETTLE': near ones are kettle"),
        ("own,teacher\n,/m/steam\n", "not '', and none is near it: there are /m/dog \\(Dog\\)"),
        ("", "table.csv names nothing: it is empty, without even the header own,teacher"),
        (
            "own,teacher\nkettle,/m/steem\n",
            "an id of the annotator's 5 classes, not '/m/steem': near ones are /m/steam",
        ),
        ("own,teacher\nkettle,/M/STEAM\n", "not '/M/STEAM': near ones are /m/steam"),
        ("own,teacher\nkettle,Steam\n", "not 'Steam', the name of /m/steam: write the id"),
        ("own,teacher\nkettle,simmering\n", "near ones are /m/boil \\(Boiling, simmering\\)"),
        (
            "own,teacher\nkettle,3\n",
            "an id of the annotator's 5 classes, not '3', and none is near it: there are .*2 more$",
        ),
        (
            "own,teacher\nkettle,/m/steam\nkettle,\n",
            "gives kettle a partner in one line and none in another, which is line 3: remove one of the two",
        ),
        (b"own,teacher\n\xff,/m/steam\n", "line 2 .* text in UTF-8"),
    ],
)
def test_a_broken_table_is_a_sentence_with_its_line(tmp_path, table, message):
    with pytest.raises(PslError, match=message):
        joined(tmp_path, table)


@pytest.mark.parametrize(
    ("own", "text", "message"),
    [
        (Vocabulary(("Kettle", "kettle"), ("A", "B")), "kettle", "'Kettle' and 'kettle'"),
        (Vocabulary(("caf\xe9", "cafe\u0301"), ("A", "B")), "caf\xe9", r"'caf\\xe9' and 'cafe\\u0301'"),
        (Vocabulary(("a", "b"), ("Kettle", "Kettle")), "Kettle", "'a' and 'b' are called but for case"),
        (Vocabulary(("a", "b"), ("caf\xe9", "cafe\u0301")), "caf\xe9", "'a' and 'b'"),
    ],
)
def test_a_doubled_class_is_named(tmp_path, own, text, message):
    with pytest.raises(PslError, match=message):
        joined(tmp_path, f"own,teacher\n{text},/m/steam\n", own)


def test_an_id_tells_classes_with_one_name_apart(tmp_path):
    own = Vocabulary(("a", "b"), ("Kettle", "Kettle"))
    assert joined(tmp_path, "own,teacher\nb,/m/steam\n", own) == {"a": [], "b": ["/m/steam"]}


def test_an_id_is_meant_before_another_class_s_name(tmp_path):
    own = Vocabulary(("kettle", "b"), ("Big kettle", "Kettle"))
    assert joined(tmp_path, "own,teacher\nkettle,/m/steam\n", own) == {"kettle": ["/m/steam"], "b": []}


def test_a_doubled_class_of_the_annotator_is_named(tmp_path):
    annotator = Vocabulary(("pump", "Pump"), ("Pump", "Pump"))
    with pytest.raises(PslError, match="'pump' and 'Pump'"):
        joined(tmp_path, "own,teacher\nkettle,pump\n", annotator=annotator)


def test_a_table_that_is_not_there_is_named(tmp_path):
    with pytest.raises(PslError, match=r"none\.csv does not exist: write it, with the header own,teacher"):
        join_classes(OWN, ANNOTATOR, ClassJoin(table=str(tmp_path / "none.csv")), WHERE)


def test_no_partner_at_all_says_what_ids_both_sides_have(tmp_path):
    own = Vocabulary(("pump", "kettle"), ("Pump", "Kettle"))
    message = (
        r"^annotators\.mn04\.classes: none of the corpus's 2 classes \(ids pump, kettle\) has a partner among the "
        r"annotator's 5 classes \(ids /m/dog, /m/bark, /m/cat and 2 more\): state .* in annotators\.mn04\.classes\.tab"
    )
    with pytest.raises(PslError, match=message):
        joined(tmp_path, own=own)


@pytest.mark.skipif(not AUDIOSET.exists(), reason="AudioSet's lists are not here")
def test_audioset_onto_itself_is_the_identity_and_by_ontology_the_closure():
    audioset = Vocabulary.read(AUDIOSET / "class_labels_indices.csv")
    p_BC = np.random.default_rng(0).random((3, 527)).astype(np.float32)
    np.testing.assert_array_equal(join_classes(audioset, audioset, ClassJoin(), WHERE)(p_BC), p_BC)
    path = AUDIOSET / "ontology.json"
    found = teachers(join_classes(audioset, audioset, ClassJoin(join="ontology", ontology=str(path)), WHERE))
    above = parents(read_ontology(path))
    for mid in audioset.mids:
        counted = {own for own, numbers in found.items() if mid in numbers}
        assert counted == {mid} | _ancestors(mid, above) & set(audioset.mids)


def _ancestors(mid, above):
    return set().union(*({parent} | _ancestors(parent, above) for parent in above.get(mid, ())))


@pytest.mark.skipif(not (AUDIOSET.exists() and MN04.exists()), reason="AudioSet's ontology or mn04 are not here")
def test_abstract_classes_that_audioset_does_not_label_are_learnt_from_their_children():
    human = Vocabulary(("/m/0dgw9r", "/m/09l8g"), ("Human sounds", "Human voice"))
    params = ClassJoin(join="ontology", ontology=str(AUDIOSET / "ontology.json"))
    found = teachers(join_classes(human, Vocabulary.read(MN04), params, WHERE))
    assert set(found["/m/09l8g"]) < set(found["/m/0dgw9r"]) and "/m/09x0r" in found["/m/09l8g"]


@pytest.mark.skipif(not (MN04.exists() and (SHARED / "audio/esc50").exists()), reason="mn04 or ESC-50 are not here")
def test_of_esc50_three_classes_have_no_partner_in_mn04():
    folders = sorted(path.name for path in (SHARED / "audio/esc50").iterdir() if path.is_dir())
    pairs = [ESC_TO_AUDIOSET.get(folder, (folder, folder)) for folder in folders]
    esc = Vocabulary(*map(tuple, zip(*pairs, strict=True)))
    class_map = join_classes(esc, Vocabulary.read(MN04), ClassJoin(), WHERE)
    without = ["can_opening", "drinking_sipping", "washing_machine"]
    assert len(esc) == 50 and [esc.mids[number] for number in class_map.unmatched] == without
    assert describe(class_map).endswith(
        f" 3 have none and take the clip's weak label in every window: {', '.join(without)}."
    )
