"""dvc.lock in the order of a serial run: only entries of the flow's own runs change their place."""

import pytest
from dvc.utils.serialize import dumps_yaml
from toy_dag import Toy

from flows.dvc_patches import LOCK, lock_entries
from flows.lock_order import ORDER_FILE, forget_run, serial_order

pytestmark = pytest.mark.flows


@pytest.fixture(autouse=True)
def repository(tmp_path, monkeypatch):
    monkeypatch.chdir(Toy(tmp_path, None, "stages: {}").folder)


def append(*stages):
    """What DVC does when stages end."""
    names = dict.fromkeys((*lock_entries(), *stages))
    LOCK.write_text(dumps_yaml({"schema": "2.0", "stages": {name: {"cmd": "true"} for name in names}}))


def flow(planned, *ended, fails=False):
    """A run that plans some stages, of which some end in this order."""
    with serial_order(planned):
        append(*ended)
    if not fails:
        forget_run()


def test_new_entries_come_as_planned_behind_those_that_were_there():
    append("z")
    flow(["a", "b", "c"], "c", "a", "b")
    assert lock_entries() == ["z", "a", "b", "c"]


def test_a_run_goes_on_after_one_that_failed():
    append("z")
    flow(["a", "b", "c"], "c", fails=True)
    flow(["a", "b", "c"], "b", "a")
    assert lock_entries() == ["z", "a", "b", "c"]


def test_a_run_goes_on_after_one_that_was_killed():
    append("z")
    with pytest.raises(ZeroDivisionError), serial_order(["a", "b", "c"]):
        append("c")
        killed = ORDER_FILE.read_text()
        _ = 1 / 0
    ORDER_FILE.write_text(killed)  # a kill -9 leaves what was written before
    flow(["a", "b", "c"], "b", "a")
    assert lock_entries() == ["z", "a", "b", "c"]


def test_a_run_of_other_stages_does_not_go_on_after_one_that_failed():
    append("z")
    flow(["a", "b"], "a", fails=True)
    flow(["c", "d"], "c", "d")
    assert lock_entries() == ["z", "a", "c", "d"]


def test_what_dvc_left_after_a_failed_run_keeps_its_order():
    flow(["a", "b"], fails=True)
    append("b", "a")
    flow(["a", "b"])
    assert lock_entries() == ["b", "a"]
