"""The stage network: a network that cannot hear the shortest windows is refused before anything trains."""

import json

import pytest
from params_files import DEFAULT

from psl.config import Plugin, Student
from psl.config.file import read_params
from psl.runtime.errors import PslError
from tasks import network, stage

PARAMS = read_params(DEFAULT)
SMALL = {"mobilenetv2": {"width": 0.1, "last_channel": 16}, "cnn14": {"width": 0.02}}


def run(tmp_path, monkeypatch, name, seconds):
    """The stage of a student of such windows; one frame is 20 ms."""
    monkeypatch.chdir(tmp_path)
    student = Student(window_seconds=seconds, hop_seconds=seconds, architecture=Plugin(name=name, **SMALL[name]))
    network.work(PARAMS.model_copy(update={"students": {"x": student}}), "x")
    return json.loads((stage.NETWORKS / "x.json").read_text())


@pytest.mark.parametrize(("name", "seconds"), [("mobilenetv2", 0.64), ("cnn14", 0.64), ("mobilenetv2", 10.0)])
def test_windows_of_a_whole_step_are_taken_without_a_word(tmp_path, monkeypatch, capsys, name, seconds):
    assert run(tmp_path, monkeypatch, name, seconds)["architecture"]["name"] == name
    assert capsys.readouterr().err == f"x is the network {name}\n"


def test_windows_shorter_than_a_step_are_refused_where_nothing_is_padded(tmp_path, monkeypatch):
    with pytest.raises(
        PslError, match=r"^students\.x\.window_seconds 0\.62 is too short for the network cnn14: .* 32 fra"
    ):
        run(tmp_path, monkeypatch, "cnn14", 0.62)


def test_windows_shorter_than_a_step_are_named_where_they_are_padded(tmp_path, monkeypatch, capsys):
    run(tmp_path, monkeypatch, "mobilenetv2", 0.62)
    assert (
        "students.x.window_seconds 0.62 is 31 frames, less than a time step of mobilenetv2" in capsys.readouterr().err
    )


def test_the_windows_of_evaluation_count_for_all(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    short = PARAMS.evaluate.model_copy(update={"window_seconds": 0.3})
    windows = network.scored_windows(short, PARAMS.detect)
    with pytest.raises(PslError, match=r"^evaluate\.window_seconds 0\.3 is too short for the network cnn14"):
        network.write_network("annotator", Plugin(name="cnn14", width=0.02), PARAMS.front_end, windows)
