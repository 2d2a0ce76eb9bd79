"""AudioSet's ontology: the official file's own counts, and damaged ones as sentences."""

import json
from pathlib import Path

import pytest

from psl.corpora.ontology import Kind, parents, read_ontology
from psl.errors import PslError
from psl.vocabulary import Vocabulary

SHARED = Path(__file__).parents[2] / "shared/metadata/audioset"
A = {"id": "/a", "name": "A", "child_ids": ["/b"], "restrictions": ["abstract"], "description": ""}
B = {"id": "/b", "name": "B, or so", "child_ids": [], "restrictions": []}


def read(folder, text):
    path = folder / "ontology.json"
    path.write_bytes(text if isinstance(text, bytes) else text.encode() if isinstance(text, str) else json.dumps(text).encode())
    return read_ontology(path)


def test_kinds_are_read_with_what_stands_below_and_above(tmp_path):
    kind_of = read(tmp_path, [A, B])
    assert kind_of == {"/a": Kind("/a", "A", ("/b",), ("abstract",)), "/b": Kind("/b", "B, or so", (), ())}
    assert parents(kind_of) == {"/b": {"/a"}}


@pytest.mark.skipif(not SHARED.exists(), reason="the official ontology is not here")
def test_the_official_file_has_its_own_counts():
    kind_of = read_ontology(SHARED / "ontology.json")
    above = parents(kind_of)
    assert (len(kind_of), len(kind_of.keys() - above.keys()), sum(len(mids) > 1 for mids in above.values())) == (632, 7, 38)
    classes = Vocabulary.read(SHARED / "class_labels_indices.csv")
    assert [kind_of[mid].name for mid in classes.mids] == list(classes.names)
    assert sum("blacklist" in kind_of[mid].restrictions for mid in classes.mids) == 12


@pytest.mark.parametrize(
    ("text", "cause"),
    [
        ('[{"id": "/a", "na', "it is no JSON"),
        (b"\xff\xfe", "it is no JSON"),
        ("", "it is no JSON"),
        ({"/a": A}, "it is no list of kinds of sound"),
        ([A, {**B, "name": None}], "its entry 2 has not id, name"),
        ([A, {**B, "child_ids": "/a"}], "its entry 2 has not id, name"),
        ([A, {**B, "child_ids": [1]}], "its entry 2 has not id, name"),
        ([A, {**B, "restrictions": [1]}], "its entry 2 has not id, name"),
        ([A, "B"], "its entry 2 has not id, name"),
        ([A, B, B], "1 ids come twice"),
        ([A], "/b stands below /a and is not in it"),
        ([A, {**B, "child_ids": ["/a"]}], "(/a|/b) stands above itself"),
    ],
)
def test_a_damaged_one_is_a_sentence(tmp_path, text, cause):
    with pytest.raises(PslError, match=rf"the ontology .*ontology.json is damaged \({cause}.*\): remove it, or fetch it anew"):
        read(tmp_path, text)


def test_a_missing_one_is_a_sentence(tmp_path):
    with pytest.raises(PslError, match=r"is damaged \(it is not there"):
        read_ontology(tmp_path / "ontology.json")
