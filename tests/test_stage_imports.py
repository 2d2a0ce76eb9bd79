"""Every stage starts at once: none imports torch, Prefect or pandas before it has read its parameters."""

import json
import re
import subprocess
import sys

from imports import ROOT

HEAVY = ("torch", "prefect", "pandas")
TASKS = sorted(path.stem for path in (ROOT / "tasks").glob("*.py") if path.stem != "__init__")
STAGES = sorted(set(re.findall(r"cmd: python -m tasks\.(\w+)(?: --(\w+))?", (ROOT / "dvc.yaml").read_text())))
IMPORTED = """
import importlib, json, sys
for task in json.loads(sys.argv[1]):
    before = set(sys.modules)
    importlib.import_module(f"tasks.{task}")
    print(task, *(name for name in sys.argv[2:] if name in set(sys.modules) - before))
"""
REFUSED = """
import json, runpy, sys
stages, heavy = json.loads(sys.argv[1]), sys.argv[2:]
for stage, option in stages:
    sys.argv = [stage, *([f"--{option}", "x"] if option else [])]
    try:
        runpy.run_module(f"tasks.{stage}", run_name="__main__")
    except SystemExit as end:
        print(stage, end.code)
print([name for name in heavy if name in sys.modules])
"""


def lines_of(code: str, work: object, folder: object) -> list[str]:
    """What the code prints in a process of its own that knows `work` and the heavy packages."""
    command = [sys.executable, "-c", code, json.dumps(work), *HEAVY]
    done = subprocess.run(command, cwd=folder, env={"PYTHONPATH": str(ROOT)}, capture_output=True, text=True)
    assert done.returncode == 0, done.stderr
    return done.stdout.splitlines()


def test_no_task_imports_a_heavy_package(tmp_path):
    assert lines_of(IMPORTED, TASKS, tmp_path) == TASKS


def test_stages_refuse_their_parameters_without_a_heavy_package(tmp_path):
    (tmp_path / "params.yaml").write_text("colour: blue\n")
    *refusals, heavy = lines_of(REFUSED, STAGES, tmp_path)
    assert len(refusals) == len(STAGES) >= 15 and heavy == "[]"
    assert all("params.yaml: " in line and "colour is not a parameter" in line for line in refusals)
