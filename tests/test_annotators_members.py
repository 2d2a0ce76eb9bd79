"""Annotators that label together: the mean of those that have a class, by their weights, and what labels say of it."""

import json
from dataclasses import replace
from pathlib import Path
from types import SimpleNamespace

import numpy as np
import pytest
from annotator_toys import CORPUS, TEACHER, inspected, model_folder, recorded, state
from hypothesis import given
from hypothesis import strategies as st
from toy import FRONT_END

from psl.annotators.class_map import ClassMap
from psl.annotators.inference.annotator import FeatureInput
from psl.annotators.members import Member, Members
from psl.annotators.open_members import open_members
from psl.annotators.record import read_record
from psl.config import AnnotatorEnsemble
from psl.io.features.front_end import front_end_hash
from psl.io.labels.calibration import about_labels
from psl.io.metadata.vocabulary import Vocabulary
from psl.runtime.errors import PslError

N_CLASSES = 4
FOUR = Vocabulary(tuple("abcd"), tuple("ABCD"))


def member(key, weight, has_C, *, rule="weak"):
    """A member whose classes are the first of FOUR, joined where it has them."""
    partners = tuple((number,) if has else () for number, has in enumerate(has_C))
    annotator = SimpleNamespace(vocabulary=FOUR, name=key, weights_hash=f"hash of {key}")
    return Member(key, weight, None, annotator, None, ClassMap(FOUR, FOUR, partners, rule))


def reference(weights, has_MC, p_MC, classes):
    """The label of each class, one number at a time; None where there is none."""
    label_C = []
    for number in range(N_CLASSES):
        having = [m for m in range(len(weights)) if has_MC[m][number]]
        if not having or (classes == "intersection" and len(having) < len(weights)):
            label_C.append(None)
        else:
            total = sum(weights[m] for m in having)
            label_C.append(sum(weights[m] * float(p_MC[m][number]) for m in having) / total)
    return label_C


@given(
    weights=st.lists(st.floats(0.01, 100), min_size=2, max_size=4),
    classes=st.sampled_from(["union", "intersection"]),
    seed=st.integers(0, 10_000),
)
def test_a_label_is_the_weighted_mean_of_those_that_have_the_class(weights, classes, seed):
    rng = np.random.default_rng(seed)
    has_MC = rng.random((len(weights), N_CLASSES)) < 0.7
    p_MWC = rng.random((len(weights), 3, N_CLASSES)).astype(np.float32)
    members = Members("both", tuple(map(member, "wxyz", weights, has_MC.tolist())), classes)
    label_WC = members.mean(list(p_MWC))
    expected_WC = [reference(weights, has_MC, p_MWC[:, window], classes) for window in range(3)]
    np.testing.assert_allclose(label_WC, [[label or 0 for label in label_C] for label_C in expected_WC], atol=1e-6)
    assert members.unmatched == tuple(number for number, label in enumerate(expected_WC[0]) if label is None)
    assert label_WC.dtype == np.float32 and label_WC.max() <= 1


def test_certain_members_are_certain_together_and_one_alone_is_not_touched():
    has_C = [True] * N_CLASSES
    ones_WC = np.ones((2, N_CLASSES), np.float32)
    for count in (2, 3):
        members = Members("all", tuple(member(key, 0.1, has_C) for key in "xyz"[:count]))
        assert (members.mean([ones_WC] * count) <= 1).all() and members.mean([ones_WC] * count).min() > 0.999999
    assert Members("x", (member("x", 3.0, has_C),)).mean([ones_WC]) is ones_WC


def test_members_with_different_rules_are_refused_and_named():
    members = (member("x", 1.0, [True] * 4), member("y", 1.0, [True] * 4, rule="ignore"))
    with pytest.raises(PslError, match=r"annotator_ensembles.both: annotators.x, annotators.y differ in classes.unm"):
        _ = Members("both", members).rule
    assert [Members(each.key, (each,)).rule for each in members] == ["weak", "ignore"]


def test_the_hash_changes_with_members_weights_and_classes():
    has_C = [True] * 4
    x, y, heavy = member("x", 1.0, has_C), member("y", 1.0, has_C), member("y", 2.0, has_C)
    ensembles = [
        Members("e", (x, y)),
        Members("e", (x, heavy)),
        Members("e", (x, y), "intersection"),
        Members("x", (x,)),
    ]
    assert len({each.weights_hash for each in ensembles}) == 4
    assert ensembles[-1].weights_hash == "hash of x" and Members("f", (x, y)).weights_hash == ensembles[0].weights_hash


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    """The records of two annotators: of all the corpus's classes, and of two of them."""
    folder = tmp_path_factory.mktemp("annotators")
    ours = state(model_folder(folder / "models/ours", vocabulary=CORPUS), name="Ours")
    theirs = state(model_folder(folder / "models/theirs", kernel=32), name="Theirs", licence="CC-BY-4.0")
    recorded(ours, folder / "ours")
    recorded(theirs, folder / "theirs")
    return folder


BOTH = {
    classes: AnnotatorEnsemble(members={"ours": 1.0, "theirs": 3.0}, classes=classes)
    for classes in ("union", "intersection")
}


def test_an_ensemble_is_opened_by_its_key_and_says_who_labelled(folder):
    members = open_members("union", BOTH, folder, "cpu")
    assert members.name == "Ours + Theirs" and members.vocabulary == CORPUS and members.n_parameters is None
    assert members.unmatched == () and open_members("intersection", BOTH, folder, "cpu").unmatched == (1,)
    np.testing.assert_allclose(members.share_MC, [[0.25, 1, 0.25], [0.75, 0, 0.75]])
    sizes = [(folder / f"models/{key}/toy.onnx").stat().st_size for key in ("ours", "theirs")]
    assert members.n_bytes == sum(sizes) and members.seed == 0


@pytest.mark.parametrize("key", ["union", "intersection", "theirs"])
def test_what_labels_say_of_their_annotators_survives_json(folder, key):
    said = open_members(key, BOTH, folder, "cpu").provenance()
    assert json.loads(json.dumps(said)) == said and about_labels(said)["members"] == said["members"]
    assert open_members(key, BOTH, folder, "cpu").provenance() == said


def test_labels_say_contract_map_weights_and_the_classes_without_a_label(folder):
    said = open_members("intersection", BOTH, folder, "cpu").provenance()
    ours, theirs = said["members"]
    assert (said["annotator_key"], said["annotator"], said["kind"]) == ("intersection", "Ours + Theirs", "annotator")
    assert (ours["key"], ours["weight"], theirs["key"], theirs["weight"]) == ("ours", 1.0, "theirs", 3.0)
    assert theirs["contract"]["licence"] == "CC-BY-4.0" and theirs["mapping"]["annotator"]["mids"] == [*TEACHER.mids]
    assert said["unmatched"] == {"mids": ["/m/b"], "rule": "weak"}
    assert theirs["weights_hash"] == inspected(folder / "models/theirs")[0].weights_hash


def test_labels_say_how_several_join_and_which_features_each_takes(folder):
    both, alone = (open_members(key, BOTH, folder, "cpu").provenance() for key in ("union", "theirs"))
    assert both["classes"] == "union" and "classes" not in alone
    assert [member["front_end_hash"] for member in both["members"]] == [None, None]
    record, class_map = read_record(folder / "theirs")
    features = SimpleNamespace(input=FeatureInput(record.front_end_hash), vocabulary=CORPUS, name="f", weights_hash="w")
    (said,) = Members("f", (Member("f", 1.0, None, features, record, class_map),)).provenance()["members"]
    assert said["front_end_hash"] == record.front_end_hash == front_end_hash(FRONT_END)


@pytest.mark.parametrize(
    ("kind", "name", "seed"),
    [
        ("saved", "data/models/annotator/seed7", 7),
        ("saved", "data/models/mine", 0),
        ("saved", "models/my_seed7", 0),
        ("onnx", "Tagger, seed7", 0),
        ("onnx", "seed7", 0),
    ],
)
def test_the_seed_is_that_of_the_folder_of_a_model_of_psl(kind, name, seed):
    record = SimpleNamespace(kind=kind, contract=SimpleNamespace(name=name))
    one = replace(member(name, 1.0, [True] * 4), record=record)
    assert Members("x", (one,)).seed == seed and Members("both", (one, one)).seed == 0


def test_a_record_is_read_once(folder, monkeypatch):
    reads, read = [], Path.read_text
    monkeypatch.setattr(Path, "read_text", lambda path, **how: reads.append(path.name) or read(path, **how))
    open_members("theirs", BOTH, folder, "cpu")
    assert reads.count("annotator.json") == 1


def test_a_key_without_a_record_names_its_stage(folder):
    ensembles = {"more": AnnotatorEnsemble(members={"ours": 1.0, "absent": 1.0}, classes="union")}
    for key in ("absent", "more"):
        with pytest.raises(PslError, match=r"run `dvc repro annotator@absent`"):
            open_members(key, ensembles, folder, "cpu")
