"""A person's corpus in the whole pipeline: `psl init`, then `dvc repro`, and nothing that is synthetic."""

import json
import re
import sys

import pytest
from own_recordings import class_folders
from project import Project

EMBEDDED = re.compile(r"base64,[A-Za-z0-9+/=]+")  # pictures in the page
FOREIGN = re.compile(r"fsd|freesound|kaggle|scenes|soundscape|transfer", re.IGNORECASE)
PSL = "from psl.cli import main; main()"


@pytest.fixture(scope="module")
def own(tmp_path_factory):
    """A project in which `psl init` put class folders, run."""
    project = Project.create(tmp_path_factory.mktemp("own"))
    class_folders(project.folder / "birds", seconds=4.0)
    project.edit(lambda params: params["annotators"]["annotator"].update(kind="saved", source="data/models/annotator"))
    project.run(sys.executable, "-c", PSL, "init", "birds", "--params", "params.yaml")
    project.dvc("repro")
    return project


def report(project, name):
    """The text of a file of reports/, without pictures."""
    return EMBEDDED.sub("", (project.folder / "reports" / name).read_text())


def test_it_runs_alone(own):
    stages = own.lock()
    assert {name.partition("@")[2] for name in stages} == {"", "birds", "annotator", "2", "weak", "mix"}
    assert {name.partition("@")[0] for name in stages} & {"transfer", "detect_ensemble"} == set()
    assert own.stale() == set()


@pytest.mark.parametrize("name", ["results.md", "clips.md", "leaks.md", "detect.md", "index.html"])
def test_reports_speak_of_it_alone(own, name):
    parameters_left_out = report(own, name).partition("Parameters")[0]
    assert not FOREIGN.findall(parameters_left_out)


def test_detection_is_left_out_without_strong_labels(own):
    sentence = "The corpus birds has no strong labels (no strong.parquet): no detector was evaluated."
    assert report(own, "detect.md").strip() == sentence
    assert "Detection in time" not in report(own, "index.html")


def test_transfer_is_left_out_without_transfers(own):
    assert "`transfers` in params.yaml is empty" in report(own, "transfer.md")
    assert json.loads(report(own, "transfer.json"))["sets"] == {}


def test_metadata_is_stale_when_the_lists_change(own):
    clips = own.folder / "birds.corpus/lists/clips.csv"
    text = clips.read_text()
    clips.write_text(text.replace("Dog", "rain drops", 1))
    stale = own.stale()
    clips.write_text(text)
    assert stale == {"metadata@birds"} and own.stale() == set()
