"""A dvc.lock that a kill cut is found and mended before a run, wherever it was cut."""

import shutil
from pathlib import Path

import pytest
from toy_dag import Toy

from flows.graph import read_graph
from psl.runtime.errors import PslError

pytestmark = pytest.mark.flows
STAGES = """\
stages:
  a: {cmd: "cat seed > a", deps: [seed], outs: [a]}
  b: {cmd: "cat a > b", deps: [a], outs: [b]}
  c: {cmd: "cat b > c", deps: [b], outs: [c]}
"""


@pytest.fixture(scope="module")
def committed(tmp_path_factory):
    """Three stages that ran, with dvc.lock committed."""
    toy = Toy(tmp_path_factory.mktemp("committed"), None, STAGES)
    toy.repro()
    toy.run("git", "add", "dvc.lock")
    toy.run("git", "-c", "user.name=t", "-c", "user.email=t@t", "commit", "--quiet", "--message", "ran")
    return toy


@pytest.fixture
def toy(committed, tmp_path, monkeypatch):
    """A copy of it."""
    toy = committed.copy(tmp_path / "toy")
    monkeypatch.chdir(toy.folder)
    return toy


def cut(toy: Toy, n: int) -> str:
    """Leave the first `n` characters of dvc.lock; what it held."""
    before = toy.lock()
    (toy.folder / "dvc.lock").write_text(before[:n])
    return before


@pytest.mark.parametrize(
    "until", ["", "schema", "stages:", "stages:\n", "  b:", "  b:\n", "  b:\n    cmd: ca", "  c:\n    cmd: cat b > c\n"]
)
def test_wherever_it_was_cut_nothing_runs_again(toy, capsys, until):
    lock = toy.lock()
    before = cut(toy, lock.index(until) + len(until))
    assert {stage.stale for stage in read_graph()} == {()} and toy.lock() == before
    assert "dvc.lock was cut while DVC wrote it" in capsys.readouterr().err
    assert Path(".dvc/tmp/dvc.lock.cut").read_text() == before[: before.index(until) + len(until)]


def test_what_ran_since_the_commit_is_kept_or_restored(toy):
    (toy.folder / "seed").write_text("2\n")
    toy.repro()
    before = cut(toy, toy.lock().index("  c:"))
    assert [bool(stage.stale) for stage in read_graph()] == [False, True, True]
    assert "Stage 'c' is cached - skipping run" in toy.run("dvc", "repro").stdout and toy.lock() == before


@pytest.mark.parametrize("git", [True, False])
def test_without_a_commit_what_is_whole_is_kept(toy, git):
    toy.run("git", "update-ref", "-d", "HEAD")
    if not git:
        shutil.rmtree(".git")
        toy.run("dvc", "config", "--local", "core.no_scm", "true")
    cut(toy, toy.lock().index("  c:") + 9)
    assert [bool(stage.stale) for stage in read_graph()] == [False, False, True]


def test_a_merge_that_was_left_open_is_not_touched(toy):
    lock = toy.lock().replace("  b:\n", "<<<<<<< HEAD\n  b:\n=======\n  b:\n>>>>>>> other\n")
    (toy.folder / "dvc.lock").write_text(lock)
    with pytest.raises(PslError, match=r"^dvc.lock holds a merge that git left open: `git checkout --theirs dvc.lock`"):
        read_graph()
    assert toy.lock() == lock


def test_what_was_not_cut_stays_as_it_is(toy, capsys):
    (toy.folder / "seed").write_text("3\n")
    toy.repro()
    before = toy.lock()
    read_graph()
    assert toy.lock() == before and not capsys.readouterr().err
