"""The real dvc.yaml under real DVC on a corpus of seconds: what one change runs, and what undoing it restores."""

import json
import re
import sys

import duckdb
import numpy as np
from dag_stages import INSPECTION, STUDENT_TABLES
from project import RUNNING

from psl.io.labels.reader import read_labels
from psl.io.metadata.manifest import read_manifest
from psl.io.schemas import Q_ONE

METADATA = "data/metadata/scenes"
FOLLOWING = {"transfer@fsd50k_2", "detect@2", "detect_ensemble@windows", *STUDENT_TABLES}
BRANCH = {INSPECTION, "network@2", "annotate@2", "calibrate@2", "train_student@2", "evaluate@2", *FOLLOWING}


def test_one_window_runs_alone_and_is_restored(finished, tmp_path):
    project = finished.copy(tmp_path / "copy")
    before = project.lock()
    project.set_param("students.2.hop_seconds=1.0")
    assert project.repro() == BRANCH
    changed = project.lock()
    assert {name for name in before if changed[name] != before[name]} == BRANCH
    assert changed["train_student@2"]["outs"] != before["train_student@2"]["outs"]
    project.set_param("students.2.hop_seconds=2.0")
    assert project.repro("evaluate@2") == set()
    assert {name for name in before if project.lock()[name] == changed[name] != before[name]} == FOLLOWING


def test_training_runs_anew_only_when_other_clips_are_left_out(finished, tmp_path):
    project = finished.copy(tmp_path / "copy")
    project.set_param("leaks.exclude=none")
    assert project.repro("leaks") == {"leaks"}
    assert project.stale() == {"report"}
    path = project.folder / "data/leaks/excluded.parquet"
    path.unlink()
    assert {"leaks", "train_annotator", INSPECTION, "calibrate@2", "train_student@2", "evaluate@2"} < project.stale()


def test_the_flow_restores_what_dvc_does(finished, tmp_path):
    plain, flow = (finished.copy(tmp_path / name) for name in ("plain", "flow"))
    for project in (plain, flow):
        (project.folder / "dvc.lock").unlink()
    assert plain.repro("features@fsd50k") == set()
    done = flow.run(sys.executable, "-m", "flows", "ci", "features@fsd50k")
    assert (flow.folder / "dvc.lock").read_bytes() == (plain.folder / "dvc.lock").read_bytes()
    states = {stage: state for state, stage, *_ in map(str.split, done.stdout.splitlines())}
    assert states == {"metadata@fsd50k": "restored", "features@fsd50k": "restored"}


def test_metrics_and_store_can_be_read(unrun):
    shown = json.loads(unrun.run("dvc", "metrics", "show", "--json").stdout)[""]["data"]
    assert "mAP_low" in shown["reports/evaluate/annotator.json"]["data"]
    assert 0 <= shown["reports/metrics.json"]["data"]["mAP"]["2"] <= 100
    with duckdb.connect(unrun.folder / "data/labels.duckdb", read_only=True) as store:
        assert store.execute("SELECT count(*) FROM clips").fetchone() == (24,)


def test_psl_tag_gives_the_labels_of_the_stage_annotate(unrun):
    labels = read_labels(unrun.folder / "data/labels/2.parquet")
    clip = next(row for row in read_manifest(unrun.folder / METADATA).to_pylist() if row["clip_id"] in labels.clip_ids)
    windows = np.flatnonzero(labels.clip_W == labels.clip_ids.index(clip["clip_id"]))
    tag = ("from psl.cli import main; main()", "tag", "data/annotators/annotator", f"{METADATA}/{clip['path']}")
    shown = unrun.run(sys.executable, "-c", *tag, "--window", "2", "--kind", "scores", "--format", "jsonl").stdout
    p_WC = [[*json.loads(line)["scores"].values()] for line in shown.splitlines()]
    np.testing.assert_allclose(p_WC, labels.dense(windows), atol=1 / Q_ONE)
    student = unrun.run(sys.executable, "-c", *tag[:2], "data/models/2/seed1", tag[3], "--kind", "scores").stdout
    assert len(student.splitlines()) == 1 + len(windows)


def test_dvc_names_an_unquoted_key_before_it_compares_keys(finished, tmp_path):
    project = finished.copy(tmp_path / "copy")
    params = project.folder / "params.yaml"
    params.write_text(re.sub("^  ['\"]2['\"]:", "  2:", params.read_text(), flags=re.MULTILINE))
    done = project.run("dvc", "repro", check=False)
    said = done.stdout + done.stderr
    assert done.returncode and "check_params: params.yaml: students.2: a key is quoted" in said
    assert RUNNING.findall(said) == ["check_params"] and "not supported" not in said


def test_a_parameter_that_does_not_exist_stops_the_run_in_one_sentence(unrun):
    unrun.edit(lambda params: params["front_end"].update(flor_db=params["front_end"].pop("dynamic_range_db")))
    done = unrun.run("dvc", "repro", "--single-item", "report", check=False)
    assert done.returncode and "front_end.flor_db is not a parameter" in done.stdout + done.stderr
    assert "Traceback" not in done.stdout + done.stderr
    unrun.reset()
    assert unrun.stale() == set()
