"""The code deps of dvc.yaml, on a repository of a few files: what a stage's file imports, no more and no less."""

import sys
from pathlib import Path

import pytest

from psl.runtime.code_hash import _sources
from psl.runtime.imports import imported_files
from tasks import code_deps

FILES = {
    "tasks/__init__.py": '"""Stages."""\n',
    "tasks/one.py": "from psl.whole import a\nfrom psl.part.used import thing\nimport psl.runtime.errors\n",
    "tasks/two.py": "from psl.plugins import load\n",
    "psl/__init__.py": "",
    "psl/whole/__init__.py": '"""Nothing but this."""\n',
    "psl/whole/a.py": "import psl.whole.b\n",
    "psl/whole/b.py": "import numpy\n",
    "psl/part/used.py": 'TEMPLATE = "page.jinja"\nTABLES = "tables"\nCACHE = "__pycache__"\nthing = 1\n',
    "psl/part/unused.py": "raise RuntimeError\n",
    "psl/part/page.jinja": "page",
    "psl/part/other.jinja": "not named",
    "psl/part/tables/x.csv": "x",
    "psl/part/__pycache__/used.cpython-311.pyc": "compiled",
    "psl/runtime/errors.py": "class E(Exception): ...\n",
    "psl/plugins.py": 'import importlib\ndef load(name): importlib.import_module(f"psl.kinds.{name}")\n',
    "psl/kinds/__init__.py": '"""Plugins."""\n',
    "psl/kinds/red.py": "import psl.shared\n",
    "psl/shared.py": "x = 1\n",
}
DVC = """\
# A comment.
stages:
  one:
    cmd: python -m tasks.one
    deps: [data/in, "models/${net}.py", psl/gone.py]
    params: [a]

  two:
    foreach: ${things}
    do:
      cmd: python -m tasks.two --thing ${key}
      deps:
        - data/${key}
        - psl/kinds/${kind}.py
      outs: [data/out]  # a comment
"""
WRITTEN = """\
# A comment.
stages:
  one:
    cmd: python -m tasks.one
    deps: [data/in, "models/${net}.py", psl/part/page.jinja, psl/part/tables, psl/part/used.py, psl/whole, tasks/one.py]
    params: [a]

  two:
    foreach: ${things}
    do:
      cmd: python -m tasks.two --thing ${key}
      deps: ["data/${key}", "psl/kinds/${kind}.py", psl/plugins.py, psl/shared.py, tasks/two.py]
      outs: [data/out]  # a comment
"""


@pytest.fixture
def repository(tmp_path, monkeypatch):
    """A repository, as the current folder."""
    for name, text in (FILES | {"dvc.yaml": DVC}).items():
        (tmp_path / name).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / name).write_text(text)
    monkeypatch.chdir(tmp_path)
    return tmp_path


def run(monkeypatch, *arguments):
    """Run the command; returns the text of dvc.yaml."""
    monkeypatch.setattr(sys, "argv", ["code_deps", *arguments])
    code_deps.main()
    return Path("dvc.yaml").read_text()


def test_code_is_written_and_all_else_stays(repository, monkeypatch):
    assert run(monkeypatch) == WRITTEN


def test_writing_again_changes_nothing_and_passes_the_check(repository, monkeypatch):
    run(monkeypatch)
    before = (repository / "dvc.yaml").stat()
    assert run(monkeypatch) == run(monkeypatch, "--check") == WRITTEN
    assert (repository / "dvc.yaml").stat().st_mtime_ns == before.st_mtime_ns


def test_a_check_that_fails_changes_nothing(repository, monkeypatch):
    with pytest.raises(SystemExit, match=r"^code_deps: dvc.yaml does not list the code that its stages import: run"):
        run(monkeypatch, "--check")
    assert (repository / "dvc.yaml").read_text() == DVC


def test_a_stage_that_runs_no_module_is_named(repository, monkeypatch):
    (repository / "dvc.yaml").write_text(DVC.replace("python -m tasks.one", "bash one.sh"))
    with pytest.raises(SystemExit, match=r"^code_deps: the command bash one.sh in dvc.yaml does not begin with"):
        run(monkeypatch)


def test_a_folder_of_which_a_third_is_not_imported_is_listed_by_file(repository):
    (repository / "psl/whole/c.py").write_text("c = 1\n")
    code = code_deps.code_of(Path("tasks/one.py"))
    assert [name for name in code if "whole" in name] == ["psl/whole/a.py", "psl/whole/b.py"]


def test_a_new_plugin_changes_nothing_but_what_it_imports(repository):
    before = code_deps.code_of(Path("tasks/two.py"))
    (repository / "psl/kinds/blue.py").write_text("import psl.shared\n")
    assert code_deps.code_of(Path("tasks/two.py")) == before
    (repository / "psl/kinds/blue.py").write_text("from psl.whole import b\n")
    assert set(code_deps.code_of(Path("tasks/two.py"))) == {*before, "psl/whole/b.py"}


def test_a_package_that_computes_counts_with_what_is_in_it(repository):
    (repository / "psl/whole/__init__.py").write_text("import psl.shared\n")
    files = imported_files(repository / "tasks/one.py", repository)
    assert {"psl/whole/__init__.py", "psl/shared.py"} <= files


def test_reading_imports_runs_nothing_and_leaves_no_trace(repository):
    before = sorted(repository.rglob("*"))
    code_deps.code_of(Path("tasks/one.py"))
    assert sorted(repository.rglob("*")) == before and "psl.part.unused" not in sys.modules


def test_networks_count_in_a_hash_where_they_are_named():
    anywhere, named = ({name for _, name in _sources(module)} for module in ("tasks.train_student", "models.resnet50"))
    assert not any(name.startswith("models/") for name in anywhere) and "psl/training/engine/loop.py" in anywhere
    assert named == {"models/resnet50.py", "models/parts/attention_pooling.py", "models/parts/weights.py"}


def test_networks_and_their_parts_are_no_code_of_a_stage(repository):
    (repository / "models/parts").mkdir(parents=True)
    (repository / "models/parts/head.py").write_text("import psl.shared\n")
    (repository / "models/net.py").write_text("import models.parts.head\n")
    (repository / "tasks/one.py").write_text('import_module(f"models.{name}")\n')
    assert code_deps.code_of(Path("tasks/one.py")) == ["psl/shared.py", "tasks/one.py"]


def test_long_lists_are_wrapped(repository, monkeypatch):
    for number in range(20):
        (repository / f"psl/part/module_{number:02}.py").write_text("x = 1\n")
    imports = "".join(f"import psl.part.module_{number:02}\n" for number in range(14))  # not three quarters
    (repository / "tasks/two.py").write_text(imports)
    text = run(monkeypatch)
    assert max(map(len, text.splitlines())) <= 120 and "psl/part/module_13.py, tasks/two.py]\n" in text
    assert run(monkeypatch, "--check") == text
