"""One parameter of each section, set as `dvc exp run -S` does: it changes alone, and so do the stages that use it."""

import json

import pytest
from dag_stages import (
    DETECTIONS,
    EVALUATIONS,
    EXPORTS,
    INSPECTION,
    LABELLING,
    NETWORKS,
    STUDENT_TABLES,
    TRANSFERS,
    each,
)

STUDENT_STAGES = {INSPECTION, "network@2", "annotate@2", "calibrate@2", "train_student@2"}
CORPUS_STAGES = {"leaks", "train_annotator", INSPECTION, "label_counts", "report", *LABELLING, *EVALUATIONS, *EXPORTS}
MEMBERS = "{members:{annotator:1.0,other:2.0},classes:union}"
CASES = {
    "corpus=fsd50k": CORPUS_STAGES | each("train_student") | {"label_store", "score_store", "listen"},
    "corpora.scenes.missing_label_rate=0.2": {"metadata@scenes", "leaks", "report"} | EXPORTS,
    "front_end.n_mels=32": {"features@scenes", "features@fsd50k", INSPECTION, "report"} | NETWORKS,
    "features.silence_db=-70.0": {"features@scenes", "features@fsd50k"},
    "features.channel=loudest": {"features@scenes", "features@fsd50k"},
    "features.shard_clips=32": set(),
    "shards.workers=2": set(),
    "leaks.near_distance=0.3": {"leaks", "report"},
    "train_annotator.learning_rate=0.02": {"train_annotator", "report"},
    "train_annotator.architecture.width=2.0": {"network_annotator", "train_annotator", "report"},
    "train_annotator.subset=aud300h": {"train_annotator", "report"} | LABELLING,
    "train_annotator.validation_share=0.2": {"train_annotator", "report"} | LABELLING,
    "train_annotator.cross_fit_parts=2": {"train_annotator", "report"} | each("annotate"),
    "train_annotator.enabled=false": {"train_annotator", "report"} | each("annotate"),
    "+annotators.annotator.classes.unmatched=ignore": {INSPECTION, "transfer_table", "report"},
    f"+annotator_ensembles.both={MEMBERS}": {"evaluate_annotator", "detect_annotator", "report"} | LABELLING,
    "annotate.inference_batch_size=8": {"report"} | LABELLING,
    "annotate.subset=aud300h": {INSPECTION, "report"} | LABELLING | each("train_student") | EXPORTS,
    "calibrate.bins=5": {"report"} | each("calibrate"),
    "+students.2.annotator=other": STUDENT_STAGES | STUDENT_TABLES,
    "students.2.hop_seconds=1.0": STUDENT_STAGES | STUDENT_TABLES,
    "train_student.calibrated=true": {"detect_table", "report"} | each("train_student"),
    "train_student.architecture.width=1.5": {"detect_table", "report"} | each("network") | each("train_student"),
    "label_counts.many_labels=3": {"label_counts", "report"},
    "evaluate.confidence=0.9": {"transfer_table", "report"} | EVALUATIONS,
    "transfers.fsd50k_2.validation=null": {"transfer@fsd50k_2", "transfer_table"},
    "transfer.crop_seconds=2.0": {"report"} | TRANSFERS,
    "ensembles.windows.models=[2,mix]": {"detect_ensemble@windows", "detect_table", "report"},
    "detect.median_seconds=0.5": {"detect_table", "report"} | DETECTIONS,
    "exports.wide.licence=MIT": EXPORTS,
}


def leaves(value, path=()):
    """All values of nested mappings by their path."""
    if not isinstance(value, dict) or not value:
        return {path: value}
    return {key: leaf for name, item in value.items() for key, leaf in leaves(item, (*path, name)).items()}


def path_of(assignment):
    """The keys of a parameter, which `+` adds where params.yaml has none."""
    return tuple(assignment.split("=")[0].lstrip("+").split("."))


@pytest.mark.parametrize("assignment", CASES)
def test_a_parameter_takes_effect_alone(unrun, assignment):
    before = leaves(unrun.params())
    unrun.set_param(assignment)
    after = leaves(unrun.params())
    path = path_of(assignment)
    changed = {key for key in before.keys() | after.keys() if before.get(key) != after.get(key)}
    assert changed and all(key[: len(path)] == path[: len(key)] for key in changed)
    assert unrun.stale() == CASES[assignment]


def test_every_section_has_such_a_parameter(unrun):
    assert {path_of(assignment)[0] for assignment in CASES} == set(unrun.params())


def test_dvc_exp_run_uses_a_parameter(finished, tmp_path):
    project = finished.copy(tmp_path / "copy")
    project.dvc("exp", "run", "-S", "label_counts.many_labels=3", "label_counts")
    assert json.loads((project.folder / "reports/label_counts.json").read_text())["many"] == 3


def test_a_value_that_cannot_be_is_refused_in_one_sentence(unrun):
    unrun.set_param("label_counts.many_labels=-3")
    done = unrun.run("dvc", "repro", "--single-item", "label_counts", check=False)
    sentence = "label_counts.many_labels -3 is below 1"
    assert done.returncode and sentence in done.stderr and "Traceback" not in done.stderr
