"""The real dvc.yaml under real DVC, on a corpus of seconds: any window alone, restored when it is flipped back."""

import re
import shutil
import subprocess
import sys
from pathlib import Path

import duckdb
import pytest
from imports import PACKAGES, ROOT
from ruamel.yaml import YAML

BRANCH = {
    *("annotate@1", "train_student@1", "evaluate@1", "label_store", "label_counts", "report"),
    *("detect@1", "detect_ensemble@windows", "detect_table"),
}


class Project:
    """A copy of this repository with tiny parameters."""

    def __init__(self, folder: Path):
        self.folder = folder
        for name in (*PACKAGES, "dvc.yaml", ".dvcignore", "prefect.toml"):
            copy = shutil.copytree if (ROOT / name).is_dir() else shutil.copy
            copy(ROOT / name, folder / name)
        self.set_params(tiny)
        self.run("git", "init", "--quiet")
        self.run("dvc", "init", "--quiet")
        self.run("dvc", "config", "core.analytics", "false")

    def run(self, *command: str, check: bool = True) -> subprocess.CompletedProcess:
        path = f"{Path(sys.executable).parent}:/usr/bin:/bin"
        env = {"PATH": path, "HOME": str(self.folder), "PYTHONPATH": str(self.folder)}
        done = subprocess.run(command, cwd=self.folder, env=env, capture_output=True, text=True)
        assert not check or done.returncode == 0, done.stdout + done.stderr
        return done

    def repro(self) -> set[str]:
        """Run `dvc repro`; the names of the stages whose commands ran."""
        return set(re.findall(r"Running stage '([^']+)'", self.run("dvc", "repro").stdout))

    def lock(self) -> dict:
        return YAML(typ="safe").load((self.folder / "dvc.lock").read_text())["stages"]

    def set_params(self, change) -> None:
        path = self.folder / "params.yaml"
        path.write_text(change((path if path.exists() else ROOT / "presets/default.yaml").read_text()))


def tiny(text: str) -> str:
    """Two dozen four-second clips, one window size, one other width, a network of a few hundred weights, one other set of shorter clips."""
    text = re.sub(r"(?m)^  fsdkaggle\w+:\n(    .*\n)+|^  fsdkaggle\S+: (&\w+ )?\{.*\n", "", text)
    for key, value in {
        "clips(?=: {balanced)": "{balanced: 24, aud300h: 28, full: 32, eval: 12}",
        "clips(?=: {train)": "{train: 16, val: 6, eval: 8}",
        "seconds": "[0.3, 3.0]",
        "crop_seconds": 1.0,
        "clip_seconds": 4.0,
        "source_groups": 2,
        "workers": 1,
        "architecture": "&architecture {name: mobilenetv2, width: 0.1, last_channel: 8, dropout: 0.3}",
        "max_epochs": 1,
        "hop_seconds": 1.0,
        "draws": 40,
        "S1": '{labels: "2", width: 0.15, max_epochs: null}',
        "windows": '{models: ["2", S1]}',
        "shown_clips": 1,
    }.items():
        text, found = re.subn(rf"(?m)^( +{key}:) (?!\*).*$", rf"\1 {value}", text)
        assert found, key
    return re.sub(r'(?m)^  ("10"|"5"|S2|S3): .*\n', "", text)


def hop(seconds: float):
    """Add the window of one second, or change its hop: one line."""
    line = f'  "1": {{seconds: 1.0, hop: {seconds}}}\n'
    return lambda text: re.sub(r'(?m)^  "1": .*\n', "", text).replace("windows: &windows\n", f"windows: &windows\n{line}")


@pytest.fixture(scope="module")
def project(tmp_path_factory):
    project = Project(tmp_path_factory.mktemp("project"))
    project.repro()
    return project


def test_one_window_runs_alone_and_is_restored(project):
    before = project.lock()
    assert project.repro() == set()
    project.set_params(hop(1.0))
    assert project.repro() == BRANCH
    added = project.lock()
    shared = set(before) - BRANCH
    assert {name: added[name] for name in shared} == {name: before[name] for name in shared}
    project.set_params(hop(0.5))
    assert project.repro() == BRANCH
    assert project.lock()["train_student@1"]["outs"] != added["train_student@1"]["outs"]
    project.set_params(hop(1.0))
    assert project.repro() <= {"detect_table", "report"}  # their page and tables lie in git, not in DVC's cache
    assert project.lock() == added


def test_training_runs_anew_only_when_other_clips_are_left_out(project):
    project.set_params(lambda text: text.replace("exclude: training", "exclude: none"))
    assert project.repro() == {"leaks", "report"}
    project.set_params(lambda text: text.replace("exclude: none", "exclude: training"))
    assert project.repro() <= {"leaks", "report"}


def test_the_flow_restores_what_dvc_does(project, tmp_path):
    flow = Project.__new__(Project)
    flow.folder = Path(shutil.copytree(project.folder, tmp_path / "flow"))
    for one in (project, flow):
        (one.folder / "dvc.lock").unlink()
    project.repro()
    done = flow.run(sys.executable, "-m", "flows.ci", "--at-once", "3")
    assert (flow.folder / "dvc.lock").read_bytes() == (project.folder / "dvc.lock").read_bytes()
    assert {line.split()[0] for line in done.stdout.splitlines()} <= {"restored", "ran"} and "restored   train_student@2" in done.stdout


def test_metrics_and_store_can_be_read(project):
    shown = project.run("dvc", "metrics", "show").stdout
    assert "reports/evaluate/annotator.json" in shown and "mAP_low" in shown
    with duckdb.connect(project.folder / "data/labels.duckdb", read_only=True) as store:
        assert store.execute("SELECT count(*) FROM clips").fetchone() == (24,)


def test_a_lie_in_the_parameters_stops_the_run_in_one_sentence(project):
    path = project.folder / "params.yaml"
    text = path.read_text()
    path.write_text(text.replace("floor_db:", "flor_db:"))
    done = project.run("dvc", "repro", "features@audioset", check=False)
    path.write_text(text)
    assert done.returncode and "front_end.flor_db is not a parameter" in done.stdout + done.stderr
    assert "Traceback" not in done.stdout + done.stderr
    assert project.repro() == set()
