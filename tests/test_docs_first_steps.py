"""What docs/first_steps.md shows can be copied: psl and awk run on small recordings, its YAML is read by psl.config."""

import re
import shlex
import subprocess

import pytest
from command_lines import PAGES, fenced
from exported_models import random_model
from own_recordings import class_folders, tone
from params_files import DEFAULT, changed
from ruamel.yaml import YAML
from tag_cases import record, trained
from toy import FRONT_END

from psl.config.file import read_params
from psl.export.folder import write_folder
from psl.export.network import network_model
from psl.export.tagger import tagger_model

TEXT = PAGES["docs/first_steps.md"]
TRIED = [command for command in fenced(TEXT) if command.startswith(("psl init ", "psl tag ", "awk "))]
ENTRIES = re.findall(r"```yaml\n(\w+):\n(.*?)```", TEXT, re.DOTALL)
HEADER = "filename,fold,target,category,esc10,src_file,take\n"


@pytest.fixture(scope="module")
def clone(tmp_path_factory):
    """A folder with a trained model and an exported one; beside it recordings in class folders, and ESC-50 in small."""
    folder = tmp_path_factory.mktemp("beside") / "psl"
    for key in ("weak", "2"):
        trained(folder / f"data/models/{key}/seed1")
    record(folder / "dog.wav", 6.0)
    model = random_model(folder)
    tagger = tagger_model(FRONT_END, network_model(model.network, FRONT_END.n_mels))
    (folder / "data/exports/mine").mkdir(parents=True)
    about = dict(name="mine", licence="MIT", sample_rate_hz=16_000)
    write_folder(folder / "data/exports/mine", tagger, model.vocabulary, **about)
    class_folders(folder.parent / "recordings", seconds=2.0)
    esc50(folder.parent / "esc50/ESC-50-master")
    return folder


def esc50(folder):
    """Two classes of ESC-10 in two folds, a class of ESC-50 alone, and a recording of the fifth fold."""
    rows = [(f"{fold}-{10 + n}-A-{n % 2}.wav", fold, ("dog", "rain")[n % 2], True) for n in range(8) for fold in (1, 2)]
    rows += [("1-99-A-7.wav", 1, "cow", False), ("5-98-A-0.wav", 5, "dog", True)]
    (folder / "audio").mkdir(parents=True)
    (folder / "meta").mkdir()
    lines = [f"{name},{fold},0,{category},{in_esc10},1,A\n" for name, fold, category, in_esc10 in rows]
    (folder / "meta/esc50.csv").write_text(HEADER + "".join(lines))
    for n, (name, *_) in enumerate(rows):
        tone(folder / "audio" / name, n, 2.0)


@pytest.fixture
def here(clone, monkeypatch):
    """That folder as the current one, with the default parameters."""
    (clone / "params.yaml").write_text(DEFAULT.read_text())
    monkeypatch.chdir(clone)
    return clone


@pytest.mark.parametrize("command", [command for command in TRIED if "esc50" not in command])
def test_each_command_runs(psl, here, command):
    code, out, err = psl(*shlex.split(command)[1:])
    assert code == 0 and (out or "--out" in command), err


def test_the_worked_example_makes_a_corpus_of_four_folds_of_esc10(psl, here):
    listing, init = (command for command in TRIED if "esc50" in command)
    subprocess.run(listing, shell=True, check=True)  # noqa: S602 the page's own words
    code, _, err = psl(*shlex.split(init)[1:])
    assert code == 0 and read_params(here / "params.yaml").corpus == "esc10", err
    assert (here.parent / "esc50/esc10/lists/clips.csv").read_text().count("\n") == 1 + 16


def test_the_python_of_the_readme_runs(here, capsys):
    (block,) = re.findall(r"```python\n(.*?)```", PAGES["README.md"], re.DOTALL)
    exec(block, {})
    assert capsys.readouterr().out.startswith("       0:00")


@pytest.mark.parametrize(("section", "entry"), ENTRIES)
def test_each_entry_is_a_parameter(tmp_path, section, entry):
    stated = YAML(typ="safe").load(entry)
    read = getattr(read_params(changed(tmp_path, section, stated)), section)
    assert set(stated) <= set(read if isinstance(read, dict) else type(read).model_fields)


def test_there_is_something_to_test():
    assert [command.split()[0] for command in TRIED] == ["psl", "psl", "psl", "psl", "awk", "psl", "psl"]
    assert [section for section, _ in ENTRIES] == ["train_student", "train_annotator", "exports"]
