"""The flow and `dvc repro` leave the same dvc.lock, also in parallel and after kill -9, and nothing goes on writing."""

import signal
import time

import psutil
import pytest
import requests
from toy_dag import PAIR, Toy, wait_until

from psl.io.files import alive

pytestmark = pytest.mark.flows
MARKS = {"supervisor": "flows.die_with_parent", "dvc": "--single-item", "stage": "slow.py"}


@pytest.fixture(scope="module")
def expected(tmp_path_factory):
    """dvc.lock of a serial `dvc repro`."""
    return Toy(tmp_path_factory.mktemp("serial"), None, PAIR).repro()


def test_from_nothing_and_after_a_change(tmp_path, prefect_server, run_pipeline):
    flow = Toy(tmp_path / "flow", prefect_server)
    plain = flow.copy(tmp_path / "plain")
    for seed in ("1\n", "2\n"):
        for toy in (flow, plain):
            (toy.folder / "seed").write_text(seed)
        assert run_pipeline(flow, at_once=4).is_completed() and flow.lock() == plain.repro()
        assert [(flow.folder / name).read_bytes() for name in ("slow", "end")] == [
            (plain.folder / name).read_bytes() for name in ("slow", "end")
        ]


def test_targets_and_force(tmp_path, prefect_server, run_pipeline):
    flow = Toy(tmp_path / "flow", prefect_server)
    plain = flow.copy(tmp_path / "plain")
    run_pipeline(flow, targets=["fast"])
    assert flow.lock() == plain.repro("fast@x", "fast@y") and "slow:" not in flow.lock()
    run_pipeline(flow, targets=["fast@x"], force=True)
    assert flow.lock() == plain.lock()
    assert {name: state for name, (state, _) in flow.states().items()} == {
        "a": "Cached",  # what it needs is not forced
        "fast@x": "Completed",
        "flow": "Completed",
    }


def victim(flow: psutil.Process, who: str) -> psutil.Process:
    """The process to kill: the flow, the DVC that runs the slow stage, its supervisor, or the stage's own command."""
    if who == "flow":
        return flow
    matching = [
        child
        for child in flow.children(recursive=True)
        if MARKS[who] in command_line(child) and command_line(child)[-1] == "slow"
    ]
    return matching[-1] if who == "dvc" else matching[0]


def command_line(process: psutil.Process) -> list[str]:
    """Its words; of a process that ends none."""
    try:
        return process.cmdline()
    except psutil.Error:
        return [""]


@pytest.mark.parametrize(
    ("who", "how"),
    [
        *((who, signal.SIGKILL) for who in ("flow", "supervisor", "dvc", "stage")),
        ("flow", signal.SIGINT),
        ("flow", signal.SIGTERM),
    ],
)
def test_after_a_kill_nothing_goes_on_writing_and_the_next_flow_continues(
    tmp_path, prefect_server, run_pipeline, expected, who, how
):
    toy = Toy(tmp_path, prefect_server, PAIR)
    flow = toy.start_flow()
    wait_until(lambda: "fast:" in toy.lock())
    victim(psutil.Process(flow.pid), who).send_signal(how)
    flow.wait(180)
    assert how != signal.SIGINT or ("was stopped with its flow" in toy.output() and flow.returncode == 130)
    size = settled_size(toy.folder / "pulse")
    time.sleep(0.1)
    assert (toy.folder / "pulse").stat().st_size == size and not (toy.folder / "slow").exists()
    toy.release()
    run_pipeline(toy)
    assert toy.lock() == expected and toy.unfinished() == []


def settled_size(path) -> int:
    """The size of a file once nothing has written to it for a tenth of a second."""
    for _ in range(20):
        size = path.stat().st_size
        time.sleep(0.1)
        if path.stat().st_size == size:
            return size
    raise AssertionError("a process goes on writing")


def test_stages_that_outlive_flow_and_supervisor_are_killed_by_the_next_flow(tmp_path, prefect_server, expected):
    toy = Toy(tmp_path, prefect_server, PAIR)
    flow = toy.start_flow()
    wait_until(lambda: "fast:" in toy.lock())
    stage, supervisor = (victim(psutil.Process(flow.pid), who) for who in ("stage", "supervisor"))
    for process in (flow, supervisor):
        process.kill()
    flow.wait()
    assert alive(stage.pid)
    following = toy.start_flow()
    wait_until(lambda: not alive(stage.pid))
    toy.release()
    assert following.wait(60) == 0
    assert toy.lock() == expected and (toy.folder / "slow").read_text() == "1\n1\n" and toy.unfinished() == []


def test_a_temporary_server_ends_with_a_killed_flow(tmp_path, expected):
    toy = Toy(tmp_path, None, PAIR)
    flow = toy.start_flow()
    below = psutil.Process(flow.pid).children(recursive=True)
    assert any("uvicorn" in child.cmdline() for child in below)
    flow.kill()
    wait_until(lambda: not any(alive(child.pid) for child in below), seconds=10)
    toy.release()
    toy.flow()
    assert toy.lock() == expected


def test_a_run_ends_with_the_serving_process_and_the_next_flow_continues(tmp_path, prefect_server, run_pipeline):
    toy = Toy(tmp_path, prefect_server, PAIR)
    (toy.folder / "go").unlink()
    serving = toy.start("serve")
    wait_until(lambda: "polling for scheduled runs" in toy.output())
    toy.create_run("pipeline", {})
    wait_until((toy.folder / "pulse").exists)
    below = psutil.Process(serving.pid).children(recursive=True)
    serving.kill()
    for deployment in toy.deployments().values():  # the server is shared
        requests.delete(f"{toy.server}/deployments/{deployment['id']}", timeout=10)
    wait_until(lambda: not any(alive(child.pid) for child in below), seconds=20)
    toy.release()
    run_pipeline(toy)
    assert (toy.folder / "slow").read_text() == "1\n1\n" and toy.unfinished() == []
