"""What psl does with its core dependencies alone: it tags with exported models, and says what the rest needs."""

import os
import subprocess
import sys
import tomllib
from functools import cache
from importlib.metadata import PackageNotFoundError, packages_distributions, requires

import pytest
from exported_models import random_model
from imports import ROOT
from own_recordings import class_folders
from packaging.requirements import Requirement
from packaging.utils import canonicalize_name
from tag_cases import record, trained
from toy import FRONT_END

from psl.corpora.download.fetch import CORPORA
from psl.export.folder import write_folder
from psl.export.network import network_model
from psl.export.tagger import tagger_model
from psl.runtime.extras import PIPELINE

PROJECT = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]
ABSENT = """
import sys
class Absent:
    def find_spec(self, name, path=None, target=None):
        if name.partition(".")[0] in absent:
            raise ModuleNotFoundError(f"No module named {name!r}", name=name)
absent, sys.argv = set(sys.argv[1].split()), ["psl", *sys.argv[2:]]
sys.meta_path.insert(0, Absent())
"""
RUN = ABSENT + "from psl.cli import main; main()"
FLOWS = ABSENT + "import runpy; runpy.run_module('flows', run_name='__main__')"
LOAD = ABSENT + "import psl; print(*psl.load(sys.argv[1]).tag(sys.argv[2]).p_WC.shape)"


@pytest.fixture(scope="module")
def exported(tmp_path_factory):
    """The folder of an exported model."""
    folder = tmp_path_factory.mktemp("models")
    model = random_model(folder)
    tagger = tagger_model(FRONT_END, network_model(model.network, FRONT_END.n_mels))
    write_folder(folder / "exported", tagger, model.vocabulary, name="mine", licence="MIT", sample_rate_hz=16_000)
    return folder / "exported"


@cache
def absent():
    """The modules that are installed here, and are not where psl is with its core dependencies alone."""
    core, queue = set(), list(map(Requirement, PROJECT["dependencies"]))
    while queue:
        name = canonicalize_name(queue.pop().name)
        if name not in core:
            core.add(name)
            queue += filter(is_needed, map(Requirement, requirements(name)))
    installed = packages_distributions().items()
    return " ".join(module for module, names in installed if not core & {canonicalize_name(name) for name in names})


def requirements(name):
    try:
        return requires(name) or []
    except PackageNotFoundError:  # of another system
        return []


def is_needed(requirement):
    return requirement.marker is None or requirement.marker.evaluate({"extra": ""})


def run(code, *arguments, folder):
    """The code in a process without the absent modules: its exit code, output and messages."""
    command = [sys.executable, "-c", code, absent().replace("psl ", ""), *map(str, arguments)]
    environment = {"PYTHONPATH": str(ROOT), "PATH": os.environ["PATH"]}
    done = subprocess.run(command, cwd=folder, env=environment, capture_output=True, text=True)
    return done.returncode, done.stdout, done.stderr


def test_what_is_absent_is_the_pipeline():
    assert {"torch", "dvc", "prefect", "duckdb", "onnx"} <= set(absent().split())
    assert not {"numpy", "onnxruntime", "soundfile", "typer"} & set(absent().split())


@pytest.mark.parametrize("options", [(), ("--top", "2"), ("--kind", "events", "--format", "parquet")])
def test_an_exported_model_tags(exported, tmp_path, options):
    path = record(tmp_path / "a.wav", 3.0)
    out = () if "--top" in options else ("--out", "tags")
    code, shown, err = run(RUN, "tag", exported, path, "--window", 1, *options, *out, folder=tmp_path)
    assert code == 0 and (shown.startswith("a.wav\n") if not out else any((tmp_path / "tags").glob("a.wav.*"))), err


def test_python_tags(exported, tmp_path):
    path = record(tmp_path / "a.wav", 12.0)
    assert run(LOAD, exported, path, folder=tmp_path)[:2] == (0, "2 3\n")


def test_a_trained_model_says_what_it_needs(tmp_path):
    folder = trained(tmp_path / "model")
    code, _, err = run(RUN, "tag", folder, record(tmp_path / "a.wav"), folder=tmp_path)
    assert code == 1 and "model needs the package torch, which is not installed: run `pip install -e" in err
    assert err.count("\n") == 1 and "or tag with an exported model" in err


def test_a_command_of_the_pipeline_says_what_it_needs(tmp_path):
    for code, *arguments in ((RUN, "fetch", "esc50", tmp_path / "esc"), (FLOWS, "pipeline")):
        ended, _, err = run(code, *arguments, folder=tmp_path)
        assert ended == 1 and err.count("\n") == 1, err
        assert "which is not installed: run `pip install -e '.[pipeline]'` in psl's repository" in err


def test_a_corpus_of_own_recordings_is_made(tmp_path):
    code, out, err = run(RUN, "init", class_folders(tmp_path / "in"), "--eval-share", 0.3, folder=tmp_path)
    assert code == 0 and "next: " in out, err


def test_the_modules_of_the_pipeline_are_those_of_its_extra():
    names = [Requirement(line).name for line in PROJECT["optional-dependencies"]["pipeline"]]
    assert [name.replace("-", "_").removesuffix("_python") for name in names] == list(PIPELINE)


def test_the_help_of_fetch_names_every_corpus(psl):
    _, shown, _ = psl("fetch", "--help")
    assert [name for name in CORPORA if name not in shown] == []
