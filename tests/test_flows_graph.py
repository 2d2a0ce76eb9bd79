"""The graph is DVC's: its stages, order, and reasons; and DVC's lines are read as what became of a stage."""

import shutil
from types import SimpleNamespace

import pytest
from toy_dag import Toy

from flows.graph import Stage, read_graph
from flows.run_stage import LOCKED, may_retry, state_of, task_for
from flows.schedule import outcome_of
from psl.runtime.errors import PslError

pytestmark = pytest.mark.flows
STAGES = """\
stages:
  z: {cmd: "cat seed > z", deps: [seed], params: [n], outs: [z], meta: {retries: 2, computes: true}}
  a: {cmd: "cat z > a", deps: [z], outs: [a]}
  b:
    foreach: [x, y]
    do: {cmd: "cat a > b_${item}", deps: [a], outs: ["b_${item}"]}
"""


@pytest.fixture(scope="module")
def toy(tmp_path_factory):
    toy = Toy(tmp_path_factory.mktemp("graph"), None, STAGES)
    (toy.folder / "params.yaml").write_text("n: {m: 1}\n")
    toy.repro()
    return toy


def test_stages_come_in_the_order_of_dvc(toy, monkeypatch):
    monkeypatch.chdir(toy.folder)
    stages = read_graph()
    lock = [line.strip(" :") for line in toy.lock().splitlines() if line.startswith("  ") and line[2] not in " -"]
    assert [stage.name for stage in stages] == lock == ["z", "a", "b@x", "b@y"]
    assert [(stage.needs, stage.retries, stage.computes) for stage in stages[:2]] == [((), 2, True), (("z",), 0, False)]
    assert {stage.stale for stage in stages} == {()}


def test_targets_bring_what_they_need(toy, monkeypatch):
    monkeypatch.chdir(toy.folder)
    assert [stage.name for stage in read_graph(["b@y"])] == ["z", "a", "b@y"]
    assert [stage.name for stage in read_graph(["b", "b@x"])] == ["z", "a", "b@x", "b@y"]
    with pytest.raises(PslError, match=r"there is no stage b@z in dvc.yaml: did you mean b@y, b@x\?"):
        read_graph(["b@z"])


def test_a_stale_stage_says_why(toy, monkeypatch):
    monkeypatch.chdir(toy.folder)
    before = (toy.folder / "params.yaml").read_text()
    (toy.folder / "params.yaml").write_text("n: {m: 2}\n")
    (toy.folder / "b_x").unlink()
    stale = {stage.name: stage.stale for stage in read_graph()}
    assert stale == {"z": ("params.yaml n is modified",), "a": (), "b@x": ("b_x is deleted",), "b@y": ()}
    (toy.folder / "params.yaml").write_text(before)


@pytest.mark.parametrize("remedy", ["git init --quiet", "dvc config --local core.no_scm true"])
def test_without_git_two_remedies_are_named_and_both_help(toy, tmp_path, monkeypatch, remedy):
    archive = toy.copy(tmp_path / "archive")
    shutil.rmtree(archive.folder / ".git")
    monkeypatch.chdir(archive.folder)
    with pytest.raises(PslError, match=f"is not a git repository.*`{remedy.replace(' --quiet', '')}`"):
        read_graph()
    archive.run(*remedy.split())
    assert len(read_graph()) == 4


def test_what_dvc_cannot_read_is_a_sentence(toy, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    with pytest.raises(PslError, match="run from the root of the repository"):
        read_graph()
    monkeypatch.chdir(toy.folder)
    (toy.folder / "dvc.yaml").write_text(STAGES + "  loop: {cmd: cat, deps: [b_x], outs: [seed]}\n")
    with pytest.raises(PslError, match="DVC cannot read the graph"):
        read_graph()


@pytest.mark.parametrize(
    ("code", "lines", "outcome", "message"),
    [
        (0, ["Running stage 'b@x':", "> cat a"], "ran", "b@x ran"),
        (0, ["Stage 'b@x' didn't change, skipping"], "unchanged", "unchanged"),
        (0, ["Stage 'b@x' is cached - skipping run, checking out outputs"], "restored", "restored"),
        (0, ["Stage 'b@xy' didn't change, skipping"], "ran", "b@x ran"),
        (
            255,
            ["Running stage 'b@x':", "> cat", "cat: a: no", "ERROR: failed to reproduce 'b@x'"],
            "failed",
            "b@x failed: cat: a: no",
        ),
        (255, ["ERROR: output is missing"], "failed", "b@x failed: ERROR: output is missing"),
        (137, [], "failed", "b@x was killed (signal 9)"),
    ],
)
def test_lines_of_dvc_become_a_state(code, lines, outcome, message):
    state = state_of("b@x", code, lines)
    assert outcome_of(state) == outcome and state.message.startswith(message)


@pytest.mark.parametrize(
    ("line", "run_count", "again"),
    [
        ("ERROR: 'a' is busy, it is being blocked by:", 5, True),
        ("ERROR: Unable to acquire lock. Most likely another DVC process is running", 6, False),
        ("no such file", 2, True),
        ("no such file", 3, False),
    ],
)
def test_only_locks_and_declared_stages_are_retried(toy, monkeypatch, line, run_count, again):
    state = state_of("z", 255, [line])
    assert (state.name == LOCKED) == ("no such" not in line)
    assert may_retry(task_for(Stage("z", (), (), retries=2)), SimpleNamespace(run_count=run_count), state) is again
