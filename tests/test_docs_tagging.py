"""What docs/tagging.md shows can be copied: its commands and its Python run; options and formats are all in it."""

import re
import shlex
import sys

import pytest
from imports import ROOT
from params_files import DEFAULT
from tag_cases import record, trained

from psl.config.plugin import names_with

TEXT = (ROOT / "docs/tagging.md").read_text()
COMMANDS = [
    line
    for block in re.findall(r"```sh\n(.*?)```", TEXT, re.DOTALL)
    for line in block.splitlines()
    if line.startswith("psl ")
]
PYTHON = re.findall(r"```python\n(.*?)```", TEXT, re.DOTALL)
TABLE = re.search(r"```csv\n(.*?)```", TEXT, re.DOTALL)[1]


@pytest.fixture(scope="module")
def project(tmp_path_factory):
    """What the commands speak of."""
    folder = tmp_path_factory.mktemp("project")
    trained(folder / "data/models/2/seed1")
    (folder / "params.yaml").write_text(DEFAULT.read_text())
    for name in ("dog.wav", "yard/dog.wav", "yard/wood/owl.wav"):
        record(folder / name, 6.0)
    (folder / "thresholds.csv").write_text(TABLE.replace("/m/0395lw", "/m/b"))
    return folder


@pytest.mark.parametrize("command", COMMANDS)
def test_each_command_runs(psl, project, monkeypatch, command):
    monkeypatch.chdir(project)
    given, _, source = command.partition("#")[0].partition("<")
    with (project / (source.strip() or "dog.wav")).open() as handle:
        monkeypatch.setattr(sys, "stdin", handle)
        code, out, err = psl(*shlex.split(given)[1:])
    assert code == 0 and bool(out) == ("--out" not in command), err


def test_the_python_runs(project, monkeypatch, capsys):
    monkeypatch.chdir(project)
    for block in PYTHON:
        exec(block, {})
    assert PYTHON and capsys.readouterr().out.startswith("       0:00")


def test_there_is_something_to_test():
    assert len(COMMANDS) > 8 and re.findall(r"psl tag .* (?:-|yard|dog\.wav)", "\n".join(COMMANDS))


def test_every_option_and_every_format_is_described(psl):
    _, shown, _ = psl("tag", "--help")
    options = set(re.findall(r"--[a-z]+(?:-[a-z]+)*", shown)) - {"--help"}
    assert options and {option for option in options if option not in TEXT} <= {"--device"}
    assert [name for name in names_with("psl.tagging.formats", "write") if f"`{name}`" not in TEXT] == []
