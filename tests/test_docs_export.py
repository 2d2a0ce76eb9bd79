"""What docs/export.md shows can be copied: its entries are parameters, and its commands run on an exported folder."""

import re
import shlex

import pytest
from exported_models import random_model, sounds
from imports import ROOT
from params_files import changed
from ruamel.yaml import YAML
from toy import FRONT_END

from psl.audio.write import write_clip
from psl.config.file import read_params
from psl.export.folder import write_folder
from psl.export.network import network_model
from psl.export.tagger import tagger_model

TEXT = (ROOT / "docs/export.md").read_text()
COMMANDS = re.findall(r"^psl .*$", TEXT, re.MULTILINE)
ENTRIES = re.findall(r"```yaml\n(\w+):\n(.*?)```", TEXT, re.DOTALL)


@pytest.fixture(scope="module")
def project(tmp_path_factory):
    """An exported model, and a recording."""
    folder = tmp_path_factory.mktemp("project")
    model = random_model(folder)
    tagger = tagger_model(FRONT_END, network_model(model.network, FRONT_END.n_mels))
    exported = folder / "data/exports/mine"
    exported.mkdir(parents=True)
    for place in (exported, exported / "int8"):
        write_folder(place, tagger, model.vocabulary, name="mine", licence="MIT", sample_rate_hz=16_000)
    write_clip(folder / "dog.wav", sounds()[0], 16_000)
    return folder


@pytest.mark.parametrize("command", COMMANDS)
def test_each_command_runs(psl, project, monkeypatch, command):
    monkeypatch.chdir(project)
    code, out, err = psl(*shlex.split(command)[1:])
    assert code == 0 and out, err


@pytest.mark.parametrize(("section", "entry"), ENTRIES)
def test_each_entry_is_a_parameter(tmp_path, section, entry):
    params = read_params(changed(tmp_path, section, YAML(typ="safe").load(entry)))
    assert "mine" in getattr(params, section)


def test_there_is_something_to_test():
    assert len(COMMANDS) == 2 and [section for section, _ in ENTRIES] == ["exports", "annotators"]
