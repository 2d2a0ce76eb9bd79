"""The house keeps its promises: stages, files, parameters and code dependencies say the same thing."""

import ast
import re
import shutil
import subprocess
from pathlib import Path

import pytest
from imports import PACKAGES, ROOT
from ruamel.yaml import YAML

from tasks.code_deps import with_code

STAGES = YAML(typ="safe").load((ROOT / "dvc.yaml").read_text())["stages"]
BODIES = {name: stage.get("do", stage) for name, stage in STAGES.items()}
NO_STAGE = {
    "__init__",
    "code_deps",
    "cross_fitting",
    "dag",
    "distributed",
    "dvc_cache",
    "labelling",
    "lineage",
    "online_labels",
    "params",
    "plots",
    "seeds",
    "shard_recorder",
    "validation_clips",
    "shard_runs",
    "stage",
}


def task(stage: str) -> Path:
    """The file of the module that the stage's command runs."""
    module = re.match(r"python -m (\S+)", BODIES[stage]["cmd"])[1]
    return ROOT / (module.replace(".", "/") + ".py")


def test_every_stage_is_a_file_in_tasks_and_every_file_a_stage():
    files = {path.stem for path in (ROOT / "tasks").glob("*.py")} - NO_STAGE
    assert files == {task(stage).stem for stage in STAGES}


def test_code_deps_are_what_the_stages_import():
    text = (ROOT / "dvc.yaml").read_text()
    assert with_code(text) == text, "run `python -m tasks.code_deps`"


def test_the_graph_is_short_and_says_what_each_stage_does():
    assert len((ROOT / "dvc.yaml").read_text().splitlines()) <= 360
    n_stages = len(YAML(typ="safe").load((ROOT / "dvc.lock").read_text())["stages"])
    assert (ROOT / "dvc.lock").stat().st_size <= 3400 * n_stages  # it was 5000 when code was listed by hand
    assert [name for name, body in BODIES.items() if not body.get("desc")] == []


@pytest.mark.parametrize("stage", STAGES)
def test_params_are_what_the_stage_reads(stage):
    tree = ast.parse(task(stage).read_text())
    read = {
        n.attr
        for n in ast.walk(tree)
        if isinstance(n, ast.Attribute) and isinstance(n.value, ast.Name) and n.value.id == "params"
    }
    assert {param.split(".")[0] for param in BODIES[stage].get("params", [])} == read


def test_no_stage_runs_again_because_another_runner_computes_its_shards():
    assert not [
        name for name, body in BODIES.items() if "shards" in {param.split(".")[0] for param in body.get("params", [])}
    ]


@pytest.mark.parametrize("stage", STAGES)
def test_commands_hold_no_values(stage):
    assert re.fullmatch(r"python -m tasks\.\w+( --\w+ \$\{key\})?", BODIES[stage]["cmd"])


def test_the_committed_parameters_are_the_default_preset():
    files = ("params.yaml", "presets/default.yaml")
    committed = [
        subprocess.run(["git", "show", f"HEAD:{file}"], cwd=ROOT, capture_output=True, text=True) for file in files
    ]
    if committed[0].returncode:
        pytest.skip("not a git checkout")
    assert committed[0].stdout == committed[1].stdout


def test_the_architecture_is_linted_and_a_violation_is_caught(tmp_path):
    for name in (*PACKAGES, "pyproject.toml"):
        copy = shutil.copytree if (ROOT / name).is_dir() else shutil.copy
        copy(ROOT / name, tmp_path / name)
    with (tmp_path / "psl/io/windows.py").open("a") as file:
        file.write("\nimport tasks.stage\n")
    found = subprocess.run(["lint-imports"], cwd=tmp_path, capture_output=True, text=True)
    assert found.returncode == 1 and "psl.io.windows -> tasks.stage" in found.stdout


def test_the_thin_folders_come_from_this_repository():
    import models
    import tasks

    assert {Path(package.__file__).parents[1] for package in (models, tasks)} == {ROOT}
