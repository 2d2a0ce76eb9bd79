"""The flow and `dvc repro` leave the same dvc.lock, also in parallel and after kill -9, and no orphan goes on writing."""

import signal
import subprocess
import sys
import time

import psutil
import pytest
import requests
from toy_dag import Toy, wait_until

from flows.whole_dvc import dump_whole
from psl.files import alive

pytestmark = pytest.mark.flows


@pytest.fixture(scope="module")
def expected(tmp_path_factory):
    """dvc.lock of a serial `dvc repro`."""
    return Toy(tmp_path_factory.mktemp("serial"), None).repro()


@pytest.mark.parametrize("at_once", ["1", "4"])
def test_from_nothing_and_after_a_change(tmp_path, prefect_server, at_once):
    flow = Toy(tmp_path / "flow", prefect_server)
    plain = flow.copy(tmp_path / "plain")
    for seed in ("1\n", "2\n"):
        for toy in (flow, plain):
            (toy.folder / "seed").write_text(seed)
        flow.flow("--at-once", at_once)
        assert flow.lock() == plain.repro()
        assert {path: (flow.folder / path).read_bytes() for path in ("slow", "end")} == {
            path: (plain.folder / path).read_bytes() for path in ("slow", "end")
        }


def test_targets_and_force(tmp_path, prefect_server):
    flow = Toy(tmp_path / "flow", prefect_server)
    plain = flow.copy(tmp_path / "plain")
    flow.flow("fast")
    assert flow.lock() == plain.repro("fast@x", "fast@y") and "slow:" not in flow.lock()
    flow.flow("fast@x", "--force")
    assert flow.lock() == plain.repro("--force", "fast@x")
    assert {name: state[0] for name, state in flow.states().items()} == {"a": "Completed", "fast@x": "Completed", "flow": "Completed"}


def victim(flow: psutil.Process, who: str) -> psutil.Process:
    """The process to kill: the flow, the DVC that runs the slow stage, its supervisor, or the stage's own command."""
    if who == "flow":
        return flow
    marks = {"supervisor": "flows.supervise", "dvc": "--single-item", "stage": "slow.py"}
    found = [child for child in flow.children(recursive=True) if marks[who] in words(child) and words(child)[-1] == "slow"]
    return found[-1] if who == "dvc" else found[0]


def words(process: psutil.Process) -> list[str]:
    """Its command line; of one that is at its end no word."""
    try:
        return process.cmdline()
    except psutil.Error:
        return [""]


@pytest.mark.parametrize(
    ("who", "how"),
    [*((who, signal.SIGKILL) for who in ("flow", "supervisor", "dvc", "stage")), ("flow", signal.SIGINT), ("flow", signal.SIGTERM)],
)
def test_a_killed_run_leaves_no_orphan_and_goes_on(tmp_path, prefect_server, expected, who, how):
    toy = Toy(tmp_path, prefect_server)
    flow = toy.start_flow()
    wait_until(lambda: "fast@y" in toy.lock())
    victim(psutil.Process(flow.pid), who).send_signal(how)
    flow.wait(180)
    size = settled(toy.folder / "pulse")
    time.sleep(0.2)
    assert (toy.folder / "pulse").stat().st_size == size and not (toy.folder / "slow").exists()
    toy.let_go()
    toy.flow()
    assert toy.lock() == expected
    assert toy.unfinished() == []


def settled(path) -> int:
    """The size of a file once nobody has written to it for a tenth of a second; fails when somebody goes on."""
    for _ in range(20):
        size = path.stat().st_size
        time.sleep(0.1)
        if path.stat().st_size == size:
            return size
    raise AssertionError("an orphan goes on writing")


def test_a_flow_killed_with_its_supervisors_leaves_orphans_that_the_next_flow_ends(tmp_path, prefect_server, expected):
    toy = Toy(tmp_path, prefect_server)
    flow = toy.start_flow()
    wait_until(lambda: "fast@y" in toy.lock())
    stage = victim(psutil.Process(flow.pid), "stage")
    supervisor = victim(psutil.Process(flow.pid), "supervisor")
    for process in (flow, supervisor):
        process.kill()
    flow.wait()
    assert alive(stage.pid)
    again = toy.start_flow()
    wait_until(lambda: not alive(stage.pid))
    toy.let_go()
    assert again.wait(60) == 0
    assert toy.lock() == expected and (toy.folder / "slow").read_text() == "1\n1\n" and toy.unfinished() == []


def test_dvc_lock_is_whole_or_as_it_was(tmp_path, prefect_server):
    toy = Toy(tmp_path, prefect_server)
    toy.flow("a")
    before = (toy.folder / "dvc.lock").stat().st_ino
    (toy.folder / "seed").write_text("2\n")
    toy.flow("a")
    assert (toy.folder / "dvc.lock").stat().st_ino != before  # renamed to, not written into
    kept = toy.lock()
    with pytest.raises(InterruptedError):
        dump_whole(str(toy.folder / "dvc.lock"), {}, cut)
    assert toy.lock() == kept


def cut(data: dict, handle) -> None:
    handle.write("half of")
    raise InterruptedError


def test_a_temporary_server_ends_with_a_killed_flow(tmp_path, expected):
    toy = Toy(tmp_path, None)
    flow = toy.start_flow()
    below = psutil.Process(flow.pid).children(recursive=True)
    assert any("uvicorn" in child.cmdline() for child in below)
    flow.kill()
    wait_until(lambda: not any(alive(child.pid) for child in below), seconds=10)
    toy.let_go()
    toy.flow()
    assert toy.lock() == expected


def test_a_run_ends_with_the_serving_process_and_the_next_flow_goes_on(tmp_path, prefect_server):
    toy = Toy(tmp_path, prefect_server)
    (toy.folder / "go").unlink()
    with (toy.folder / ".dvc/tmp/served").open("w") as out:
        serving = subprocess.Popen([sys.executable, "-m", "flows.serve"], cwd=toy.folder, env=toy.env, stdout=out, stderr=out)
    wait_until(lambda: "polling for scheduled runs" in (toy.folder / ".dvc/tmp/served").read_text())
    toy.ask("pipeline", {})
    wait_until(lambda: (toy.folder / "pulse").exists())
    below = psutil.Process(serving.pid).children(recursive=True)
    serving.kill()
    for deployment in toy.post("deployments", {}):  # the server is shared
        requests.delete(f"{toy.server}/deployments/{deployment['id']}", timeout=10)
    wait_until(lambda: not any(alive(child.pid) for child in below), seconds=20)
    toy.let_go()
    toy.flow()
    assert (toy.folder / "slow").read_text() == "1\n1\n" and toy.unfinished() == []
