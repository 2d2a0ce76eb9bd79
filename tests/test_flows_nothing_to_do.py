"""A pipeline with nothing to do ends at once: only a server that the user has configured is told."""

from pathlib import Path

import pytest
from toy_dag import PAIR, Toy

from flows.run_flow import run
from flows.stage_flows import pipeline
from psl.io.files import file_lock
from psl.runtime.errors import PslError

pytestmark = pytest.mark.flows
FLOWS = Path(".dvc/tmp/flows")


class ServerStarts(Exception):
    """In place of a server."""


@pytest.fixture
def finished_toy(tmp_path, monkeypatch):
    """A toy whose stages have all run by DVC; a flow on it would start a server."""

    def start():
        raise ServerStarts

    monkeypatch.setattr("flows.run_flow.ensure_server", start)
    monkeypatch.setattr("flows.run_flow.configured_url", lambda: None)
    toy = Toy(tmp_path, None, PAIR)
    toy.repro()
    monkeypatch.chdir(tmp_path)
    FLOWS.mkdir(parents=True)
    return toy


@pytest.mark.parametrize(("targets", "message"), [([], "2 unchanged"), (["fast"], "1 unchanged")])
def test_nothing_to_do_needs_no_server(finished_toy, capsys, targets, message):
    state = run(pipeline, {"targets": targets, "force": False, "at_once": 2, "computing_at_once": 1})
    assert state.is_completed() and state.message == message
    assert {outcome for outcome, _ in state.result().values()} == {"unchanged"}
    assert "pipeline: nothing had to run, so no server was started" in capsys.readouterr().err


@pytest.mark.parametrize(
    ("parameters", "change"),
    [
        ({"force": True}, None),
        ({}, lambda: Path("seed").write_text("2\n")),
        ({}, lambda: Path("fast").unlink()),
        ({}, lambda: (FLOWS / "0.run").touch()),  # of a flow that was killed
        ({}, lambda: (FLOWS / "order.json").touch()),  # of one that did not finish
        ({"targets": ["fast"]}, lambda: Path("seed").write_text("2\n")),
    ],
)
def test_what_is_left_to_do_needs_one(finished_toy, parameters, change):
    if change:
        change()
    with pytest.raises(ServerStarts):
        run(pipeline, parameters)


def test_a_configured_server_is_told_of_nothing_to_do(finished_toy, monkeypatch):
    monkeypatch.setattr("flows.run_flow.configured_url", lambda: "http://127.0.0.1:4200/api")
    with pytest.raises(ServerStarts):
        run(pipeline, {})


def test_another_flow_is_noticed_before_a_server_starts(finished_toy):
    with file_lock(FLOWS / "lock", "a flow"), pytest.raises(PslError, match=r"^a flow is already running here"):
        run(pipeline, {})
