"""What an annotator takes and gives is stated by a person or said by the model, and nothing is guessed."""

from pathlib import Path

import numpy as np
import pytest
from annotator_toys import TEACHER, by_hand, inspected, model_folder, state
from onnx_models import RATE_HZ, STATED, contract, random
from test_annotators_saved_model import saved
from toy import FRONT_END, VOCABULARY

from psl.annotators.inspection import inspect, probe_foreign
from psl.annotators.kinds import onnx as kind
from psl.config import AnnotatorParams
from psl.io.features.front_end import front_end_hash
from psl.io.metadata.vocabulary import Vocabulary
from psl.runtime.errors import PslError

FIXED = {"shorter_windows": "repeat", "longer_windows": "mean"}

OTHER = FRONT_END.model_copy(update={"n_mels": 33})


def refusal(source, stated=None, **fields):
    """The sentence with which an annotator is refused."""
    with pytest.raises(PslError) as error:
        inspected(source, stated, **fields)
    assert "\n" not in str(error.value)
    return str(error.value)


@pytest.fixture
def folder(tmp_path):
    return model_folder(tmp_path / "toy")


def test_a_contract_in_the_folder_and_one_in_the_parameters_are_the_same(folder):
    by_parameters, whole = inspected(folder, STATED)
    by_file, same = inspected(state(folder))
    assert whole == same == contract()
    assert by_file.weights_hash == by_parameters.weights_hash and by_file.vocabulary == TEACHER
    x_BT = random(2, RATE_HZ)
    np.testing.assert_allclose(by_file(x_BT), [by_hand(x_T) for x_T in x_BT], atol=1e-5)


def test_a_file_is_no_source_because_what_lies_beside_it_decides_too(folder):
    assert "toy.onnx is a file, and what lies beside it decides as well: give its folder" in refusal(
        folder / "toy.onnx"
    )


def test_two_contracts_are_refused(folder):
    message = refusal(state(folder), STATED)
    assert message == f"annotators.toy.contract and {folder}/annotator.yaml both state a contract: keep one of them"


@pytest.mark.parametrize(
    ("fields", "fault"),
    [
        (
            {"sample_rate": 8000},
            "sample_rate is not a parameter (did you mean sample_rate_hz?): there are name, ",
        ),
        (
            {"license": "MIT"},
            "license is not a parameter (did you mean licence?): there are name, licence, input",
        ),
        (
            {"output": "sigmod"},
            "output 'sigmod' is none of logit, sigmoid, softmax, softmax_logit, cosine (did you mean sigmoid?)",
        ),
        ({"sample_rate_hz": "32k"}, "sample_rate_hz '32k' is no whole number of Hz"),
        (
            {"scale": "x", "log_mel": {"axes": "BTF", "std_db": "x"}},
            "log_mel.front_end is missing; log_mel.std_db 'x' is no number of dB; scale 'x' is no number",
        ),
        ({"revision": "main"}, "revision main is no commit: give the 40 hexadecimal digits of one, since a branch can"),
        ({"sample_rate_hz": 8}, "sample_rate_hz 8 is below 1000"),
        (
            {"sample_rate_hz": "32k", "scales": 2},
            "sample_rate_hz '32k' is no whole number of Hz; scales is not a parameter",
        ),
        ({"scale": 2.0}, "scale and offset belong to output: logit or cosine, not to sigmoid"),
        ({"log_mel": {"axes": "TF"}}, "log_mel.front_end is missing; log_mel.axes 'TF' is none of BTF, "),
    ],
)
def test_a_wrong_field_is_named(folder, fields, fault):
    assert refusal(state(folder, **fields)).startswith(f"{folder}/annotator.yaml: {fault}")


@pytest.mark.parametrize(
    ("text", "fault"),
    [
        ("name: [toy", "is not YAML, line 2: "),
        ("name: toy\nname: boy\n", "has the key name twice, line 2: "),
        ("\x00", "is not YAML: "),
        ("- name", "states no fields: write `name: "),
        ("", "states no fields: write `name: "),
    ],
)
def test_a_file_that_states_nothing_is_named(folder, text, fault):
    (folder / "annotator.yaml").write_text(text)
    assert f"{folder}/annotator.yaml {fault}" in refusal(folder)


@pytest.mark.parametrize("missing", sorted(STATED))
def test_what_neither_person_nor_model_says_is_asked_for_by_name(folder, missing):
    asked = f"does not state {missing}, and the model does not say so itself: add it"
    assert refusal(state(folder, missing)).startswith(f"{folder}/annotator.yaml {asked}")
    (folder / "annotator.yaml").unlink()
    rest = {name: value for name, value in STATED.items() if name != missing}
    assert refusal(folder, rest).startswith(f"annotators.toy.contract {asked}")


def test_all_that_is_missing_is_asked_for_at_once(folder):
    asked = f"{folder} has no annotator.yaml, and annotators.toy has no contract: write one with {', '.join(STATED)} ("
    assert refusal(folder).startswith(asked)
    assert f"annotators.toy.contract does not state {', '.join(STATED)}, and" in refusal(folder, {})


def test_an_output_to_choose_and_what_a_fixed_window_needs_are_asked_for_with_the_rest(tmp_path):
    folder = model_folder(tmp_path / "toy", samples=800, outputs=("mean", "y"))
    choice = "output_name (one of mean [batch, 4], y [batch, 3])"
    assert f"classes, shorter_windows, longer_windows, {choice} (docs" in refusal(folder)
    assert f"does not state {choice}, and the model does not" in refusal(state(folder, **FIXED))


def test_what_is_stated_must_be_what_the_model_says(tmp_path):
    folder = state(model_folder(tmp_path / "toy", samples=800), window_samples=900, **FIXED)
    said = "states window_samples: 900, and the model itself says 800: correct it"
    assert refusal(folder) == f"{folder}/annotator.yaml {said}"
    assert inspected(state(folder, **FIXED))[1].window_samples == 800


def test_a_source_that_does_not_exist(tmp_path):
    assert refusal(tmp_path / "no") == (
        f"annotators.toy.source {tmp_path}/no does not exist: give the folder of the model"
    )


@pytest.mark.parametrize("model_kind", ["onnx", "hugging_face", "saved"])
def test_a_folder_that_is_no_model(tmp_path, model_kind):
    assert str(tmp_path) in refusal(tmp_path, kind=model_kind)


def test_a_class_list_of_another_length_is_refused_before_a_corpus_is_labelled(tmp_path):
    folder = state(model_folder(tmp_path / "toy", vocabulary=Vocabulary(("/m/a", "/m/b"), ("Alarm", "Bell"))))
    annotator, _ = inspected(folder)
    with pytest.raises(PslError, match=r"toy gives 3 numbers .* \(classes: classes.csv\) has 2 classes"):
        probe_foreign(annotator, random(3, RATE_HZ))


@pytest.mark.parametrize(
    ("own", "fault"),
    [
        (Vocabulary(TEACHER.mids[:2], TEACHER.names[:2]), "lists 3 classes, and .* itself names 2"),
        (Vocabulary(TEACHER.mids, ("Zip", "Alarm", "Cough")), "output 1 is 'Cough' in .*, and 'Alarm' in"),
    ],
)
def test_a_class_list_must_be_that_of_the_model(folder, monkeypatch, own, fault):
    monkeypatch.setattr(kind, "class_list", lambda source: own)
    with pytest.raises(PslError, match=fault):
        inspected(folder, STATED)
    assert inspected(folder, STATED | {"classes": "model"})[0].vocabulary == own


def test_a_model_without_classes_and_a_list_that_does_not_exist(folder):
    assert "has no class list of its own" in refusal(folder, STATED | {"classes": "model"})
    assert f"{folder}/names.csv does not exist" in refusal(folder, STATED | {"classes": "names.csv"})


def test_the_hash_is_of_what_labels_depend_on(folder, tmp_path):
    def hashed(**fields):
        return inspected(folder, STATED | fields)[0].weights_hash

    first = hashed()
    assert hashed(name="other", licence="GPL") == first
    assert len({first, hashed(normalisation="peak"), hashed(sample_rate_hz=16_000), hashed(output="softmax")}) == 4
    Vocabulary(TEACHER.mids, ("Z", "C", "A")).write(folder / "classes.csv")
    assert hashed() == first  # names are for people
    Vocabulary(TEACHER.mids[::-1], TEACHER.names[::-1]).write(folder / "classes.csv")
    assert hashed() != first
    other = model_folder(tmp_path / "other", kernel=32)
    assert inspected(other, STATED)[0].weights_hash != first


def test_a_saved_model_says_all_itself(tmp_path):
    saved(tmp_path / "model/seed4")
    features = front_end_hash(FRONT_END)
    found = AnnotatorParams(kind="saved", source=str(tmp_path / "model"))
    annotator, whole = inspect("ours", found, FRONT_END, "cpu")
    assert annotator.vocabulary == VOCABULARY and whole.log_mel.front_end == FRONT_END
    message = refusal(tmp_path / "model", STATED, kind="saved")
    assert message == "annotators.toy.contract: a model of the kind saved says all itself: remove it"
    message = refusal(state(tmp_path / "model"), kind="saved")
    assert message == f"{tmp_path}/model/annotator.yaml: a model of the kind saved says all itself: remove it"
    (tmp_path / "model/annotator.yaml").unlink()
    with pytest.raises(PslError, match=f"front end {features[:8]}.* {front_end_hash(OTHER)[:8]}"):
        inspect("ours", found, OTHER, "cpu")


@pytest.mark.parametrize(
    ("kept", "missing"),
    [((), "model.json and no model.safetensors and no classes.csv"), (("model.json", "classes.csv"), "model.safetens")],
)
def test_a_folder_that_is_no_saved_model_is_told_what_it_lacks(tmp_path, kept, missing):
    for path in saved(tmp_path / "model").iterdir():
        if path.name not in kept:
            path.unlink()
    assert f"{tmp_path}/model is no model that psl saved, it holds no {missing}" in refusal(
        tmp_path / "model", kind="saved"
    )


def test_a_model_of_this_pipeline_that_is_not_there_is_still_to_be_trained(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    Path("data/models/annotator").mkdir(parents=True)
    assert "run the stage that trains it" in refusal("data/models/annotator", kind="saved")


def test_one_of_several_seeds_has_to_be_named(tmp_path):
    for seed in (2, 10):
        saved(tmp_path / f"model/seed{seed}")
    message = refusal(tmp_path / "model", kind="saved")
    assert message == (
        f"{tmp_path}/model holds the models of 2 seeds: name one of them, such as {tmp_path}/model/seed2"
    )
