"""dvc.lock in the order of a serial run: only entries of the flow's own runs change their place."""

import subprocess

import pytest
from dvc.utils.serialize import dumps_yaml

from flows import lock_order
from flows.lock_order import as_serial, entries, forget

pytestmark = pytest.mark.flows


@pytest.fixture(autouse=True)
def repository(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    for command in ("git", "dvc"):
        subprocess.run([command, "init", "--quiet"], check=True)


def append(*stages):
    """What DVC does when stages end."""
    names = dict.fromkeys((*entries(), *stages))
    lock_order.LOCK.write_text(dumps_yaml({"schema": "2.0", "stages": {name: {"cmd": "true"} for name in names}}))


def flow(planned, *ended, fails=False):
    """A run that plans some stages, of which some end in this order."""
    with as_serial(planned):
        append(*ended)
    if not fails:
        forget()


def test_new_entries_come_as_planned_behind_those_that_were_there():
    append("z")
    flow(["a", "b", "c"], "c", "a", "b")
    assert entries() == ["z", "a", "b", "c"]


def test_a_run_goes_on_after_one_that_failed():
    append("z")
    flow(["a", "b", "c"], "c", fails=True)
    flow(["a", "b", "c"], "b", "a")
    assert entries() == ["z", "a", "b", "c"]


def test_a_run_goes_on_after_one_that_was_killed():
    append("z")
    with pytest.raises(ZeroDivisionError), as_serial(["a", "b", "c"]):
        append("c")
        killed = lock_order.KEPT.read_text()
        _ = 1 / 0
    lock_order.KEPT.write_text(killed)  # a kill -9 leaves what was written before
    flow(["a", "b", "c"], "b", "a")
    assert entries() == ["z", "a", "b", "c"]


def test_a_run_of_other_stages_does_not_go_on_after_one_that_failed():
    append("z")
    flow(["a", "b"], "a", fails=True)
    flow(["c", "d"], "c", "d")
    assert entries() == ["z", "a", "c", "d"]


def test_what_dvc_left_after_a_failed_run_keeps_its_order():
    flow(["a", "b"], fails=True)
    append("b", "a")
    flow(["a", "b"])
    assert entries() == ["b", "a"]
