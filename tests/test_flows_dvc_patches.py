"""DVC with the patches: files are written atomically, and locks of dead processes do not block."""

import json
import os
import runpy
import shutil
import subprocess

import psutil
import pytest
from dvc.utils.serialize import _common
from imports import ROOT
from toy_dag import Toy, wait_until

from flows.dvc_patches import dump_atomically
from flows.graph import read_graph

pytestmark = pytest.mark.flows
STAGES = """\
stages:
  a: {cmd: "cat seed > a", deps: [seed], outs: [a]}
  b: {cmd: "cat a > b", deps: [a], outs: [b]}
"""


@pytest.fixture(scope="module")
def toy(tmp_path_factory):
    toy = Toy(tmp_path_factory.mktemp("patches"), None, STAGES)
    toy.run("python", "-m", "flows.atomic_dvc", "repro")
    return toy


def test_dvc_lock_is_replaced_and_not_written_into(toy):
    lock, former = toy.folder / "dvc.lock", toy.folder / "former"
    former.hardlink_to(lock)
    before = lock.read_text()
    (toy.folder / "seed").write_text("2\n")
    toy.run("python", "-m", "flows.atomic_dvc", "repro")
    assert former.read_text() == before != lock.read_text()


@pytest.fixture(params=["ours", "offered"])
def dump(request, tmp_path):
    """Our function that writes DVC's files, and DVC's own with the patch that we offer."""
    if request.param == "ours":
        return dump_atomically
    copy = tmp_path / "patched/dvc/utils/serialize/_common.py"
    copy.parent.mkdir(parents=True)
    shutil.copy(_common.__file__, copy)
    subprocess.run(["git", "apply", ROOT / "docs/dvc_atomic_writes.patch"], cwd=tmp_path / "patched", check=True)
    return runpy.run_path(str(copy))["_dump_data"]


def test_a_write_that_fails_leaves_the_file_as_it_was(tmp_path, dump):
    def interrupted(data: dict, handle) -> None:
        handle.write("half of")
        raise InterruptedError

    (tmp_path / "dvc.lock").write_text("whole")
    with pytest.raises(InterruptedError):
        dump(str(tmp_path / "dvc.lock"), {}, interrupted)
    assert (tmp_path / "dvc.lock").read_text() == "whole"
    dump(str(tmp_path / "dvc.lock"), "new", lambda data, handle: handle.write(data))
    assert (tmp_path / "dvc.lock").read_text() == "new" and len([*tmp_path.glob("*.tmp"), *tmp_path.glob(".*")]) == 0


def path_locks(path, pid: int) -> dict:
    """What DVC writes for a process that reads and writes a path."""
    holder = {"pid": pid, "cmd": "dvc repro"}
    return {"write": {str(path): holder}, "read": {str(path): [holder]}}


@pytest.mark.parametrize("kind", ["write", "read"])
def test_locks_of_a_killed_process_that_nobody_waited_for_do_not_block(toy, monkeypatch, kind):
    monkeypatch.chdir(toy.folder)
    zombie = subprocess.Popen(["true"])
    wait_until(lambda: psutil.Process(zombie.pid).status() == psutil.STATUS_ZOMBIE)
    locks = {"write": {}, "read": {}, kind: path_locks(toy.folder / "a", zombie.pid)[kind]}
    (toy.folder / ".dvc/tmp/rwlock").write_text(json.dumps(locks))
    assert [stage.name for stage in read_graph()] == ["a", "b"]
    assert "pid" not in (toy.folder / ".dvc/tmp/rwlock").read_text()
    zombie.wait()


def test_a_list_of_locks_that_was_cut_when_its_writer_was_killed_is_made_anew(toy, monkeypatch):
    monkeypatch.chdir(toy.folder)
    (toy.folder / ".dvc/tmp/rwlock").write_text("")
    assert [stage.name for stage in read_graph()] == ["a", "b"]


def test_locks_of_a_living_process_are_kept(toy, monkeypatch):
    monkeypatch.chdir(toy.folder)
    locks = path_locks(toy.folder / "elsewhere", os.getpid())
    (toy.folder / ".dvc/tmp/rwlock").write_text(json.dumps(locks))
    read_graph()
    assert json.loads((toy.folder / ".dvc/tmp/rwlock").read_text()) == locks
