"""AudioSet's ontology: the official file's own counts, and damaged ones as sentences."""

import json
from pathlib import Path

import pytest

from psl.corpora.lists.ontology import SoundClass, parents, read_ontology
from psl.io.metadata.vocabulary import Vocabulary
from psl.runtime.errors import PslError

SHARED = Path(__file__).parents[2] / "shared/metadata/audioset"
A = {"id": "/a", "name": "A", "child_ids": ["/b"], "restrictions": ["abstract"], "description": ""}
B = {"id": "/b", "name": "B, or so", "child_ids": [], "restrictions": []}


def read(folder, text):
    path = folder / "ontology.json"
    path.write_bytes(
        text if isinstance(text, bytes) else text.encode() if isinstance(text, str) else json.dumps(text).encode()
    )
    return read_ontology(path)


def test_classes_are_read_with_children_and_parents(tmp_path):
    class_of = read(tmp_path, [A, B])
    assert class_of == read(tmp_path, "\ufeff" + json.dumps([A, B]))  # with a byte-order mark
    assert class_of == {"/a": SoundClass("/a", "A", ("/b",), ("abstract",)), "/b": SoundClass("/b", "B, or so", (), ())}
    assert parents(class_of) == {"/b": {"/a"}}


@pytest.mark.skipif(not SHARED.exists(), reason="the official ontology is not here")
def test_the_official_file_has_its_own_counts():
    class_of = read_ontology(SHARED / "ontology.json")
    above = parents(class_of)
    assert (len(class_of), len(class_of.keys() - above.keys()), sum(len(mids) > 1 for mids in above.values())) == (
        632,
        7,
        38,
    )
    classes = Vocabulary.read(SHARED / "class_labels_indices.csv")
    assert [class_of[mid].name for mid in classes.mids] == list(classes.names)
    assert sum("blacklist" in class_of[mid].restrictions for mid in classes.mids) == 12


@pytest.mark.parametrize(
    ("text", "cause"),
    [
        ('[{"id": "/a", "na', "it is not JSON"),
        (b"\xff\xfe", "it is not JSON"),
        ("", "it is not JSON"),
        ({"/a": A}, "it is not a list of classes"),
        ([A, {**B, "name": None}], "its entry 2 lacks id, name"),
        ([A, {**B, "child_ids": "/a"}], "its entry 2 lacks id, name"),
        ([A, {**B, "child_ids": [1]}], "its entry 2 lacks id, name"),
        ([A, {**B, "restrictions": [1]}], "its entry 2 lacks id, name"),
        ([A, "B"], "its entry 2 lacks id, name"),
        ([A, B, B], "1 ids are repeated"),
        ([A], "/b is a child of /a and not in it"),
        ([A, {**B, "child_ids": ["/a"]}], "(/a|/b) is its own ancestor"),
    ],
)
def test_a_damaged_one_is_a_sentence(tmp_path, text, cause):
    with pytest.raises(
        PslError, match=rf"the ontology .*ontology.json is damaged \({cause}.*\): remove it, or fetch it again"
    ):
        read(tmp_path, text)


def test_a_missing_one_is_a_sentence(tmp_path):
    with pytest.raises(
        PslError, match=r"the ontology .*ontology.json does not exist: fetch it with `psl fetch audioset FOLDER`"
    ):
        read_ontology(tmp_path / "ontology.json")
