"""Cross-fitting: a clip's labels come from networks of the annotator that did not learn it, nor its source."""

import json
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
from psl.io.metadata.splits import cross_fit_parts
from psl.io.metadata.vocabulary import Vocabulary
from psl.runtime.errors import PslError
from psl.training.engine.data import make_training_data

PARTS = {f"part{part}": {"kind": "saved", "source": f"data/models/annotator/part{part}/seed1"} for part in (1, 2)}
CROSSED = {"members": {"part1": 1.0, "part2": 1.0}, "classes": "union", "cross_fitted": True}
MANIFEST = "data/metadata/scenes/manifest.parquet"
TWO = Vocabulary(("a", "b"), ("A", "B"))


@given(st.lists(st.sampled_from("abcdefgh"), min_size=1, max_size=60), st.integers(2, 8))
def test_parts_hold_whole_sources_and_about_as_many_each(sources, parts):
    distinct = len(set(sources))
    if distinct < parts:
        with pytest.raises(
            PslError,
            match=rf"cross_fit_parts {parts} needs as many sources, and the \d+ clips that train are of {distinct}: ",
        ):
            cross_fit_parts(sources, parts)
        return
    part_of = {source: part for source, part in zip(sources, cross_fit_parts(sources, parts).tolist(), strict=True)}
    assert cross_fit_parts(sources, parts).tolist() == [part_of[source] for source in sources]
    counts = np.bincount([*part_of.values()], minlength=parts + 1)[1:]
    assert counts.min() >= 1 and counts.max() - counts.min() <= 1


def member(part, weight=1.0):
    annotator = SimpleNamespace(vocabulary=TWO, name=f"part{part}", weights_hash=f"hash {part}")
    record = SimpleNamespace(source=f"data/models/annotator/part{part}/seed1")
    return Member(f"part{part}", weight, None, annotator, record, ClassMap(TWO, TWO, ((0,), (1,)), "weak"))


def test_a_clip_of_a_part_is_labelled_by_those_that_left_it_out_and_others_by_all():
    members = Members("crossed", (member(1), member(2), member(2, 3.0)), cross_fitted=True)
    p = [np.full((1, 2), value, np.float32) for value in (0.1, 0.2, 0.6)]
    np.testing.assert_allclose(members.mean(p, 1), [[0.1, 0.1]], rtol=1e-6)
    np.testing.assert_allclose(members.mean(p, 2), [[0.5, 0.5]], rtol=1e-6)
    np.testing.assert_allclose(members.mean(p), [[0.42, 0.42]], rtol=1e-6)
    plain = Members("crossed", members.members)
    np.testing.assert_allclose(plain.mean(p, 2), members.mean(p), rtol=1e-6)
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
    """Let two networks, each without a part of the clips, label what they did not learn."""
    params["train_annotator"] |= {"cross_fit_parts": 2}
    params["annotators"] = PARTS
    params["annotator_ensembles"] = {"crossed": CROSSED}
    params["annotate"] |= {"annotator": "crossed"}
    params["students"] |= {"alone": WINDOW | {"annotator": "part1"}, "other": WINDOW | {"annotator": "part2"}}


def windows(folder, key):
    """The probabilities of each clip's windows, by clip id."""
    labels = read_labels(folder / f"data/labels/{key}.parquet")
    rows = [np.flatnonzero(labels.clip_W == number) for number in range(len(labels.clip_ids))]
    return {clip_id: labels.dense(row) for clip_id, row in zip(labels.clip_ids, rows, strict=True)}


def test_each_clip_has_the_label_of_the_network_that_did_not_learn_it(finished, tmp_path):
    project = finished.copy(tmp_path / "copy")
    project.edit(crossed)
    project.set_param("corpora.scenes.source_groups=6")
    project.repro("annotate@2", "annotate@alone", "annotate@other")
    models = project.folder / "data/models/annotator"
    assert sorted(path.name for path in models.iterdir()) == ["part1", "part2", "seed1"]
    about = [json.loads((models / name / "seed1/model.json").read_text())["trained_on"] for name in PARTS]
    whole = json.loads((models / "seed1/model.json").read_text())["trained_on"]
    assert [each["left_out_part"] for each in about] == [1, 2] and "left_out_part" not in whole
    n_whole, n_parts = whole["n_training_clips"], [each["n_training_clips"] for each in about]
    assert sum(n_parts) == n_whole and {each["n_validation_clips"] for each in about} == {whole["n_validation_clips"]}
    both, first, second = (windows(project.folder, key) for key in ("2", "alone", "other"))
    source = {row["clip_id"]: row["source"] for row in pq.read_table(project.folder / MANIFEST).to_pylist()}
    who: dict[str, set[str]] = {}
    for clip_id, p_WC in both.items():
        of = {"first": first[clip_id], "second": second[clip_id], "both": (first[clip_id] + second[clip_id]) / 2}
        who.setdefault(source[clip_id], set()).add(min(of, key=lambda name: np.abs(of[name] - p_WC).max()))
    assert all(len(names) == 1 for names in who.values())


def faulty(tmp_path, **sections):
    params = YAML(typ="safe").load(DEFAULT.read_text())
    crossed(params)
    for section, value in sections.items():
        params[section] = params[section] | value
    return dumped(tmp_path, params)


def test_a_cross_fitted_annotator_is_accepted(tmp_path):
    params = YAML(typ="safe").load(DEFAULT.read_text())
    crossed(params)
    del params["students"]["mixed-2"]
    params["exports"] = {}
    assert read_params(dumped(tmp_path, params)).annotator_ensembles["crossed"].cross_fitted


@pytest.mark.parametrize(
    ("sections", "words"),
    [
        ({}, "students.mixed-2.annotator crossed is cross_fitted, which needs labels: stored"),
        ({"train_annotator": {"cross_fit_parts": 3}}, "and none is in data/models/annotator/part3"),
        ({"train_annotator": {"cross_fit_parts": 1}}, "train_annotator.cross_fit_parts"),
        ({"train_annotator": {"cross_fit_parts": None}}, "annotators.part1.source data/models/annotator/part1/seed1"),
        (
            {"annotators": {"whole": {"kind": "saved", "source": "data/models/annotator/seed1"}}}
            | {"annotator_ensembles": {"crossed": CROSSED | {"members": CROSSED["members"] | {"whole": 1.0}}}},
            "its member whole learnt all clips: take it out",
        ),
        (
            {"train_annotator": {"cross_fit_parts": 2, "checkpoint": "x.pt"}},
            "cross_fit_parts 2 trains networks, and checkpoint x.pt imports one",
        ),
    ],
)
def test_what_cannot_be_cross_fitted_is_a_sentence(tmp_path, sections, words):
    assert words in fault_in(faulty(tmp_path, **sections))


def test_foreign_members_cannot_be_cross_fitted(tmp_path):
    ensembles = {"crossed": CROSSED | {"members": {"annotator": 1.0, "other": 1.0}}}
    annotators = {"annotator": {"kind": "onnx", "source": "models/x"}, "other": {"kind": "onnx", "source": "models/y"}}
    params = YAML(typ="safe").load(DEFAULT.read_text())
    params |= {"annotators": annotators, "annotator_ensembles": ensembles}
    params["annotate"]["annotator"] = "crossed"
    fault = fault_in(dumped(tmp_path, params))
    assert "is cross_fitted, which needs a member for each part" in fault
    assert fault.endswith("and train_annotator.cross_fit_parts is null")
