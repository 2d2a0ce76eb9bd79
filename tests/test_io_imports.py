"""Imports are followed through a repository, what decides no result is left out, and hashes of code follow them."""

import pytest
from imports import ROOT

from psl.runtime.code_hash import code_hash
from psl.runtime.imports import imported_files

SOURCES = {
    "psl/__init__.py": "'''psl'''",
    "psl/a.py": "import numpy\nfrom psl.rooms import b\nfrom psl.config.base import Closed",
    "psl/rooms/__init__.py": "",
    "psl/rooms/b.py": "def late():\n    import psl.c",
    "psl/c.py": "from psl import a",
    "psl/config/base.py": "from psl import unrelated",
    "psl/unrelated.py": "x = 1",
    "psl/plugins.py": "from importlib import import_module\nbuild = lambda name: import_module(f'models.{name}').build",
    "models/one.py": "x = 1",
    "models/two.py": "from psl import unrelated",
}


@pytest.fixture
def repository(tmp_path):
    for name, text in SOURCES.items():
        (tmp_path / name).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / name).write_text(text)
    return tmp_path


def test_direct_late_and_circular_imports_are_followed_and_what_decides_no_result_is_not(repository):
    assert imported_files(repository / "psl/a.py", repository) == {"psl/a.py", "psl/rooms/b.py", "psl/c.py"}


def test_what_plugins_import_counts_and_plugins_where_they_are_wanted(repository):
    files = {"psl/plugins.py", "psl/unrelated.py"}
    assert imported_files(repository / "psl/plugins.py", repository) == files
    files |= {"models/one.py", "models/two.py"}
    assert imported_files(repository / "psl/plugins.py", repository, plugins=True) == files


def test_a_stage_depends_on_what_it_computes_with():
    files = imported_files(ROOT / "tasks/train_student.py", ROOT)
    assert {"psl/training/engine/augment.py", "psl/annotators/inference/network/devices.py"} <= files
    assert not {"models/mobilenetv2.py", "tasks/stage.py", "psl/config/__init__.py", "psl/report/page.py"} & files


@pytest.mark.parametrize(
    "file, changes", [("psl/rooms/b.py", True), ("psl/unrelated.py", False), ("psl/config/base.py", False)]
)
def test_the_hash_of_code_changes_with_what_is_imported_and_with_nothing_else(repository, monkeypatch, file, changes):
    monkeypatch.setattr("psl.runtime.code_hash.find_spec", lambda module: Spec(repository / "psl/a.py"))
    before = code_hash.__wrapped__("psl.a")
    (repository / file).write_text("import psl.c\ny = 2")
    assert (code_hash.__wrapped__("psl.a") != before) == changes


class Spec:
    """What importlib finds for a module."""

    submodule_search_locations = None

    def __init__(self, file):
        self.origin = str(file)


def test_a_package_stands_for_all_that_is_in_it(tmp_path, monkeypatch):
    monkeypatch.syspath_prepend(tmp_path)
    (tmp_path / "coded").mkdir()
    hashes = set()
    for name, text in [("__init__", ""), ("a", "x = 1"), ("a", "x = 2")]:
        (tmp_path / "coded" / f"{name}.py").write_text(text)
        hashes.add(code_hash.__wrapped__("coded"))
    assert len(hashes) == 3
    with pytest.raises(ModuleNotFoundError, match="there is no module coded"):
        code_hash.__wrapped__("coded.b")
