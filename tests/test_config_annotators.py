"""Annotators as parameters: each that is used exists, and has a name of its own."""

import pytest
from params_files import DEFAULT, changed, dumped, fault_in
from ruamel.yaml import YAML

from psl.config import AnnotatorParams
from psl.config.class_join import ClassJoin
from psl.config.file import read_params

TEACHER = {"kind": "onnx", "source": "models_of_others/mn04"}
PAIR = {"members": {"annotator": 1.0, "mn04": 2.0}, "classes": "union"}
TWO = {"window_seconds": 2.0, "hop_seconds": 2.0}


def with_teacher(folder, edit=lambda params: None):
    """A params.yaml with a second annotator, and what `edit` makes of it."""
    params = YAML(typ="safe").load(DEFAULT.read_text())
    params["annotators"]["mn04"] = dict(TEACHER)
    edit(params)
    return dumped(folder, params)


def taught_alone(params):
    """Nothing is trained but students, and all annotators come from elsewhere."""
    params["train_annotator"]["enabled"] = False
    params["annotators"] = {"mn04": dict(TEACHER)}
    params["annotate"]["annotator"] = "mn04"


def without_its_transfers(params):
    taught_alone(params)
    drop_its_transfers(params)


def drop_its_transfers(params):
    params["transfers"] = {key: task for key, task in params["transfers"].items() if task["model"] != "annotator"}


def test_an_annotator_or_an_ensemble_labels(tmp_path):
    for key in ("mn04", "both"):

        def edit(params, key=key):
            drop_its_transfers(params)
            params["annotator_ensembles"] = {"both": PAIR}
            params["annotate"]["annotator"] = key
            params["students"]["ours"] = TWO | {"annotator": "annotator"}

        read = read_params(with_teacher(tmp_path, edit))
        assert read.annotate.annotator == key and read.annotator_ensembles["both"].members == PAIR["members"]
        assert read.annotators["mn04"].contract is None and read.annotators["mn04"].classes.join == "mid"


@pytest.mark.parametrize(
    ("key", "value", "fault"),
    [
        ("annotate.annotator", "mn04", "annotate.annotator mn04 is none of annotators: annotator"),
        ("students", {"new": TWO | {"annotator": "mn04"}}, "students.new.annotator mn04 is none of annotators: annot"),
        ("annotators", {"a.b": TEACHER}, "annotators.a.b"),
        (
            "annotators",
            {"new": TEACHER | {"kind": "onxx"}},
            "new.kind onxx is unknown (did you mean onnx?): choose one of hugging_face, onnx, sav",
        ),
        (
            "annotators",
            {"new": {"kind": "hugging_face", "source": "ast", "contract": {"model": "MIT/ast", "revision": 40 * "a"}}},
            "MIT/ast is a name on the hub, and DVC watches a folder that exists: write the contract to ast/annotator",
        ),
        ("annotators", {"new": TEACHER | {"source": ""}}, "annotators.new.source '' is empty"),
        ("annotators", {"new": TEACHER | {"contract": {"rate": 1}}}, "annotators.new.contract.rate is not a parameter"),
        (
            "annotators",
            {"new": TEACHER | {"contract": {"license": ""}}},
            "license is not a parameter (did you mean licence?): there are ",
        ),
        (
            "annotators",
            {"new": TEACHER | {"contract": {"output": "sigmod"}}},
            "annotators.new.contract.output 'sigmod' is none of logit, sigmoid, softmax, softmax_logit, cosine",
        ),
        (
            "annotators",
            {"new": TEACHER | {"contract": {"revision": "main"}}},
            "new.contract.revision main is no commit",
        ),
        ("annotators", {"new": TEACHER | {"contract": {"sample_rate_hz": "32k"}}}, "sample_rate_hz '32k' is no whole "),
        ("annotators", {"new": TEACHER | {"classes": {"join": "ontology"}}}, "annotators.new.classes: ontology"),
        (
            "annotator_ensembles",
            {"both": PAIR},
            "annotator_ensembles.both.members.mn04 is no annotator: there are annotator",
        ),
        ("annotator_ensembles", {"annotator": PAIR}, "annotator_ensembles.annotator has the name of an annotator: cho"),
        (
            "annotator_ensembles",
            {"one": PAIR | {"members": {"annotator": 1.0}}},
            "one.members has too few entries (1): give 2",
        ),
        (
            "annotator_ensembles",
            {"none": PAIR | {"members": {"annotator": 0.0, "b": 1.0}}},
            "members.annotator 0.0 is not above 0",
        ),
        ("annotator_ensembles", {"both": PAIR | {"classes": "all"}}, "classes 'all' is none of union, intersection"),
    ],
)
def test_a_fault_is_a_sentence_that_names_the_key(tmp_path, key, value, fault):
    assert fault in fault_in(changed(tmp_path, key, value))


def test_ensembles_have_no_ensembles(tmp_path):
    def edit(params):
        params["annotator_ensembles"] = {
            "both": PAIR,
            "more": {"members": {"both": 1.0, "mn04": 1.0}, "classes": "union"},
        }

    fault = fault_in(with_teacher(tmp_path, edit))
    assert fault.endswith("annotator_ensembles.more.members.both is no annotator: there are annotator, mn04")


@pytest.mark.parametrize("source", ["data/models/annotator", "./data/models/annotator/seed1"])
def test_a_model_that_is_not_trained_cannot_label(tmp_path, source):
    def edit(params):
        without_its_transfers(params)
        params["annotators"]["ours"] = {"kind": "saved", "source": source}

    fault = fault_in(with_teacher(tmp_path, edit))
    assert fault.startswith("annotators.ours is the model of train_annotator, and train_annotator.enabled is false: ")


def test_a_model_that_is_not_trained_cannot_be_fine_tuned(tmp_path):
    fault = fault_in(with_teacher(tmp_path, taught_alone))
    assert fault.startswith("transfers.fsd50k_annotator.model annotator is none of 10, 5, 2, weak, full-2, mixed-2, S1")


def test_without_it_students_learn_from_another(tmp_path):
    read = read_params(with_teacher(tmp_path, without_its_transfers))
    assert [*read.annotators] == ["mn04"] and not read.train_annotator.enabled


def test_a_folder_with_a_longer_name_is_another_model(tmp_path):
    def edit(params):
        without_its_transfers(params)
        params["annotators"]["mn04"]["source"] = "data/models/annotator_of_others"

    assert not read_params(with_teacher(tmp_path, edit)).annotators["mn04"].is_trained_here


def test_a_student_is_no_annotator_of_its_own_pipeline(tmp_path):
    path = with_teacher(tmp_path, lambda params: params["annotators"]["mn04"].update(source="data/models/2/seed1"))
    assert "annotators.mn04.source data/models/2/seed1 is the student 2, who waits for these labels" in fault_in(path)


def test_tables_lie_where_dvc_sees_their_changes():
    for folder in ("annotators", "theirs"):
        AnnotatorParams(kind="onnx", source="theirs", classes=ClassJoin(table=f"{folder}/table.csv"))
    with pytest.raises(ValueError, match=r"classes.table elsewhere.csv lies neither in annotators/ nor in theirs"):
        AnnotatorParams(kind="onnx", source="theirs", classes=ClassJoin(table="elsewhere.csv"))


def test_members_of_an_ensemble_have_one_rule_for_classes_without_a_partner(tmp_path):
    def edit(params):
        params["annotator_ensembles"] = {"both": PAIR}
        params["annotators"]["mn04"]["classes"] = {"unmatched": "ignore"}

    assert fault_in(with_teacher(tmp_path, edit)).startswith(
        "annotator_ensembles.both has members of different rules (annotators.annotator.classes.unmatched weak, "
        "annotators.mn04.classes.unmatched ignore): state one for all"
    )


def trained_twice(params):
    """Two networks of the annotator, which label together."""
    params["train_annotator"]["seeds"] = [1, 7]
    params["annotate"]["annotator"] = "annotator"
    del params["annotators"]["annotator"]
    for seed in (1, 7):
        params["annotators"][f"seed{seed}"] = {"kind": "saved", "source": f"data/models/annotator/seed{seed}"}
    params["annotator_ensembles"] = {"annotator": {"members": {"seed1": 1.0, "seed7": 1.0}, "classes": "union"}}


def test_networks_of_several_seeds_label_together(tmp_path):
    read = read_params(with_teacher(tmp_path, trained_twice))
    assert read.train_annotator.seeds == (1, 7) and read.annotate.annotator in read.annotator_ensembles


@pytest.mark.parametrize("source", ["data/models/annotator", "data/models/annotator/seed2"])
def test_each_network_of_several_seeds_is_named(tmp_path, source):
    def edit(params):
        trained_twice(params)
        params["annotators"]["seed7"]["source"] = source

    fault = fault_in(with_teacher(tmp_path, edit))
    assert f"annotators.seed7.source {source} is not one network of train_annotator.seeds: choose one of " in fault
    assert "data/models/annotator/seed1, data/models/annotator/seed7" in fault


@pytest.mark.parametrize(
    ("changes", "words"),
    [
        ({"seeds": [1, 1]}, "seeds [1, 1] must differ"),
        ({"seeds": [1, 2], "checkpoint": "theirs.pt"}, "seeds [1, 2] are of several networks, and checkpoint is one"),
    ],
)
def test_seeds_of_the_annotator_differ_and_a_checkpoint_has_one(tmp_path, changes, words):
    def edit(params):
        trained_twice(params)
        params["train_annotator"] |= changes

    assert words in fault_in(with_teacher(tmp_path, edit))
