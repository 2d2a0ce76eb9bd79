"""What docs/false_alarms.md shows can be copied: its commands run in turn, and its options and columns exist."""

import re
import shlex
from dataclasses import fields

import pytest
from imports import ROOT
from params_files import DEFAULT
from tag_cases import record, trained

from psl.tagging.false_alarms.poisson import mean_limits
from psl.tagging.false_alarms.show import HEAD
from psl.tagging.false_alarms.summary import Row

TEXT = (ROOT / "docs/false_alarms.md").read_text()
COMMANDS = re.findall(r"^psl [^#\n]*", TEXT, re.MULTILINE)


@pytest.fixture(scope="module")
def project(tmp_path_factory):
    """What the commands speak of; the night has a second for each hour of one."""
    folder = tmp_path_factory.mktemp("project")
    trained(folder / "data/models/2/seed1")
    (folder / "params.yaml").write_text(DEFAULT.read_text())
    for name in ("night/a.wav", "yard/dog.wav"):
        record(folder / name, 12.0)
    (folder / "thresholds.csv").write_text("class,threshold\nBell,0.4\n")
    return folder


@pytest.mark.parametrize("command", COMMANDS)
def test_each_command_runs(psl, project, monkeypatch, command):
    monkeypatch.chdir(project)
    monkeypatch.setattr("psl.tagging.false_alarms.listen.MS_PER_HOUR", 1000)
    code, out, err = psl(*shlex.split(command)[1:])
    assert code == 0 and out, err


def test_there_is_something_to_test():
    assert len(COMMANDS) == 4 and {line.split()[1] for line in COMMANDS} == {"false-alarms", "tag"}


def test_every_option_and_column_is_described(psl):
    _, shown, _ = psl("false-alarms", "--help")
    options = set(re.findall(r"--[a-z]+(?:-[a-z]+)*", shown)) - {"--help", "--device"}
    assert len(options) > 10 and {option for option in options if option not in TEXT} == set()
    assert all(name in TEXT for name in HEAD)
    assert {f.name for f in fields(Row) if f.default is None or f.name in ("low", "high")} <= set(
        re.findall(r"`(\w+)`", TEXT)
    )


def test_the_hours_are_right():
    high = mean_limits(0)[1]
    assert (f"{high:.1f}", f"{high / 2:.1f}", f"{high * 24:.0f}") == ("3.7", "1.8", "89")
    assert "3.7 / *H*" in TEXT and "may be 1.8 per hour" in TEXT and "takes 89 hours" in TEXT
