"""Cross-fitting: a clip's labels come from networks of the annotator that did not learn it, nor its source."""

import json
from itertools import combinations
from types import SimpleNamespace

import numpy as np
import pyarrow.parquet as pq
import pytest
from hypothesis import given
from hypothesis import strategies as st
from params_files import DEFAULT, dumped, fault_in
from project import WINDOW
from ruamel.yaml import YAML
from toy import toy_labels, toy_manifest, toy_store, training_params

from psl.annotators.class_map import ClassMap
from psl.annotators.members import Member, Members
from psl.config.file import read_params
from psl.io.labels.reader import read_labels
from psl.io.metadata.splits import parts_of_sources, validation_clips
from psl.io.metadata.vocabulary import Vocabulary
from psl.runtime.errors import PslError
from psl.training.engine.data import make_training_data

PARTS = {f"part{part}": {"kind": "saved", "source": f"data/models/annotator/part{part}/seed1"} for part in (1, 2, 3)}
CROSSED = {"members": dict.fromkeys(PARTS, 1.0), "classes": "union", "cross_fitted": True}
MANIFEST = "data/metadata/scenes/manifest.parquet"
ONLINE = WINDOW | {"labels": "online"}
TWO = Vocabulary(("a", "b"), ("A", "B"))


@given(st.lists(st.sampled_from("abcdefgh"), min_size=1, max_size=60), st.integers(2, 8))
def test_parts_hold_whole_sources_and_no_part_is_empty(sources, parts):
    distinct = len(set(sources))
    if distinct < parts:
        with pytest.raises(
            PslError, match=rf"cross_fit_parts {parts} needs as many sources, and .* are of {distinct}: "
        ):
            parts_of_sources(sources, parts)
        return
    part_N = parts_of_sources(sources, parts)
    part_of = dict(zip(sources, part_N.tolist(), strict=True))
    assert part_N.tolist() == [part_of[source] for source in sources]
    assert set(part_of.values()) == set(range(1, parts + 1))


def test_parts_have_about_as_many_clips():
    sources = ["long tape"] * 40 + [f"tape{n}" for n in range(60)]
    assert sorted(np.bincount(parts_of_sources(sources, 2))[1:]) == [50, 50]


def member(part, weight=1.0):
    annotator = SimpleNamespace(vocabulary=TWO, name=f"part{part}", weights_hash=f"hash {part}")
    record = SimpleNamespace(source=f"data/models/annotator/part{part}/seed1")
    return Member(f"part{part}", weight, None, annotator, record, ClassMap(TWO, TWO, ((0,), (1,)), "weak"))


@pytest.mark.parametrize("classes", ["union", "intersection"])
def test_a_clip_of_a_part_is_labelled_by_those_that_left_it_out_and_others_by_all(classes):
    members = Members("crossed", (member(1), member(2), member(2, 3.0)), classes, cross_fitted=True)
    p = [np.full((1, 2), value, np.float32) for value in (0.1, 0.2, 0.6)]
    np.testing.assert_allclose(members.mean(p, 1), [[0.1, 0.1]], rtol=1e-6)
    np.testing.assert_allclose(members.mean(p, 2), [[0.5, 0.5]], rtol=1e-6)
    np.testing.assert_allclose(members.mean(p), [[0.42, 0.42]], rtol=1e-6)
    plain = Members("crossed", members.members, classes)
    assert plain.weights_hash != members.weights_hash


def test_clips_that_are_left_out_do_not_train_and_the_same_clips_validate(tmp_path):
    store = toy_store(tmp_path / "features", 24)
    labels, manifest, params = toy_labels(store), toy_manifest(store), training_params()
    whole = make_training_data(store, labels, manifest, params, alpha=None)
    trains = [labels.clip_ids[clip] for clip in labels.clip_W[whole.training.rows_W]]
    without = make_training_data(store, labels, manifest, params, alpha=None, left_out=trains[:5])
    kept = [labels.clip_ids[clip] for clip in labels.clip_W[without.training.rows_W]]
    assert sorted(kept) == sorted(set(trains) - set(trains[:5]))
    assert without.validation.rows_W.tolist() == whole.validation.rows_W.tolist()


def crossed(params: dict) -> None:
    """Let networks, each without a part of the clips, label what they did not learn."""
    params["train_annotator"] |= {"cross_fit_parts": len(PARTS)}
    params["annotators"] |= PARTS
    params["annotator_ensembles"] = {"crossed": CROSSED}
    params["annotate"] |= {"annotator": "crossed"}


def with_each_part(params: dict) -> None:
    """And students of each of these networks."""
    crossed(params)
    params["corpora"]["scenes"]["source_groups"] = 8
    params["students"] |= {key: WINDOW | {"annotator": key} for key in PARTS}


@pytest.fixture(scope="module")
def labelled(finished, tmp_path_factory):
    """A project whose annotator is cross-fitted, with the labels of all its networks."""
    project = finished.copy(tmp_path_factory.mktemp("crossed") / "project")
    project.edit(with_each_part)
    project.repro("annotate@2", *(f"annotate@{key}" for key in PARTS))
    return project.folder


def windows(folder, key):
    """The probabilities of each clip's windows, by clip id."""
    labels = read_labels(folder / f"data/labels/{key}.parquet")
    rows = [np.flatnonzero(labels.clip_W == number) for number in range(len(labels.clip_ids))]
    return {clip_id: labels.dense(row) for clip_id, row in zip(labels.clip_ids, rows, strict=True)}


def parts_by_clip(folder):
    """The part of each clip, computed from the manifest alone; None where it validates."""
    rows = pq.read_table(folder / MANIFEST).to_pylist()
    rows = sorted((row for row in rows if row["subset"] != "eval"), key=lambda row: row["clip_id"])
    validating_N = validation_clips([row["source"] for row in rows], 0.1)
    learnt = [row for row, validating in zip(rows, validating_N, strict=True) if not validating]
    part_L = parts_of_sources([row["source"] for row in learnt], len(PARTS)).tolist()
    return {row["clip_id"]: None for row in rows} | {row["clip_id"]: p for row, p in zip(learnt, part_L, strict=True)}


def test_each_network_leaves_out_its_part_alone(labelled):
    models, part_of = labelled / "data/models/annotator", parts_by_clip(labelled)
    about = {path.parts[-3]: json.loads(path.read_text())["trained_on"] for path in models.glob("*/seed1/model.json")}
    whole = json.loads((models / "seed1/model.json").read_text())["trained_on"]
    assert "left_out_part" not in whole and sorted(about) == sorted(PARTS)
    for number, key in enumerate(PARTS, 1):
        assert (about[key]["left_out_part"], about[key]["cross_fit_parts"]) == (number, len(PARTS))
        left_out = sum(part == number for part in part_of.values())
        assert about[key]["n_training_clips"] == whole["n_training_clips"] - left_out > 0


def test_each_clip_has_the_label_of_the_network_that_left_it_out(labelled):
    part_of, crossed = parts_by_clip(labelled), windows(labelled, "2")
    of_network = [windows(labelled, key) for key in PARTS]
    for clip_id, p_WC in crossed.items():
        part = part_of[clip_id]
        chosen = of_network if part is None else [of_network[part - 1]]
        np.testing.assert_allclose(p_WC, sum(each[clip_id] for each in chosen) / len(chosen), atol=1e-4)
        assert min(np.abs(a[clip_id] - b[clip_id]).max() for a, b in combinations(of_network, 2)) > 3e-4
    assert len({part_of[clip_id] for clip_id in crossed}) > 1


def faulty(tmp_path, **sections):
    params = YAML(typ="safe").load(DEFAULT.read_text())
    crossed(params)
    for section, value in sections.items():
        params[section] = params[section] | value
    return dumped(tmp_path, params)


def test_a_cross_fitted_annotator_is_accepted(tmp_path):
    params = read_params(faulty(tmp_path, students={"mixed-2": ONLINE | {"annotator": "annotator"}}))
    assert params.annotator_ensembles["crossed"].cross_fitted


@pytest.mark.parametrize(
    ("sections", "words"),
    [
        ({}, "annotate.annotator crossed is cross_fitted and students.mixed-2 learns online labels"),
        ({"train_annotator": {"cross_fit_parts": 4}}, "no member labels the clips of part 4"),
        ({"train_annotator": {"cross_fit_parts": 1}}, "train_annotator.cross_fit_parts 1 is below 2"),
        ({"train_annotator": {"cross_fit_parts": None}}, "annotators.part1.source data/models/annotator/part1/seed1"),
        (
            {"annotator_ensembles": {"crossed": CROSSED | {"members": CROSSED["members"] | {"annotator": 1.0}}}},
            "its member annotator is no network of train_annotator.cross_fit_parts: take it out",
        ),
        (
            {"annotator_ensembles": {"crossed": CROSSED | {"cross_fitted": False}}},
            "train_annotator.cross_fit_parts 3 trains networks that label nothing",
        ),
        (
            {"train_annotator": {"cross_fit_parts": 2, "checkpoint": "x.pt"}},
            "cross_fit_parts 2 trains networks, and checkpoint x.pt is imported: set it to null",
        ),
        ({"train_annotator": {"cross_fit_parts": 2, "enabled": False}}, "trains networks, and enabled is false"),
        ({"annotate": {"annotator": "part1"}}, "annotate.annotator part1 did not learn all clips"),
        (
            {"students": {"mixed-2": WINDOW | {"width": 0.5}}, "train_student": {"calibrated": True}},
            "annotate.annotator crossed is cross_fitted and train_student.calibrated is true",
        ),
    ],
)
def test_what_cannot_be_cross_fitted_is_a_sentence(tmp_path, sections, words):
    assert words in fault_in(faulty(tmp_path, **sections))
