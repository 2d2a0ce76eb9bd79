"""Training in several processes: it learns what one process learns, gives the same bytes again, and dies as one."""

import csv
import json
import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import psutil
import pytest
from imports import ROOT

from psl.training.engine.process_group import ProcessGroup

SCRIPT = str(ROOT / "tests/distributed_script.py")
STAGE = """import sys
from psl.runtime.errors import exit_with_message
from tasks.distributed import launch
with exit_with_message("stage"):
    launch(sys.argv[1:], 2)
"""


@pytest.fixture(autouse=True)
def from_here(monkeypatch):
    monkeypatch.setenv("PYTHONPATH", f"{ROOT}{os.pathsep}{ROOT / 'tests'}")


def start(root: Path, *what: str) -> subprocess.Popen:
    """A stage that starts two processes of the script."""
    root.mkdir(exist_ok=True)
    command = [sys.executable, "-c", STAGE, SCRIPT, str(root), *what]
    return subprocess.Popen(command, cwd=ROOT, stderr=subprocess.PIPE, text=True)


def last_validation(root: Path) -> dict[str, str]:
    return list(csv.DictReader((root / "model/seed1/history.csv").open()))[-1]


def weights(root: Path) -> bytes:
    return (root / "model/seed1/model.safetensors").read_bytes()


def test_shares_are_the_batch_and_their_mean_is_the_batchs():
    for size, windows in [(1, 5), (2, 5), (3, 7), (4, 2)]:
        shares = [ProcessGroup(rank, size).share(windows) for rank in range(size)]
        mine = [list(range(windows))[part] if weight else [] for part, weight in shares]
        assert sorted(number for part in mine for number in part) == list(range(windows))
        means = [
            sum(part) / len(part) * weight if part else 0.0 for part, (_, weight) in zip(mine, shares, strict=True)
        ]
        assert sum(means) / size == pytest.approx(sum(range(windows)) / windows)


def test_two_processes_learn_and_give_the_same_bytes_again_also_by_torchrun(tmp_path):
    for name in ("a", "b"):
        stage = start(tmp_path / name)
        assert "Error" not in stage.communicate()[1] and stage.returncode == 0
    assert weights(tmp_path / "a") == weights(tmp_path / "b")
    assert float(last_validation(tmp_path / "a")["validation_mAP"]) > 0.8
    assert json.loads((tmp_path / "a/model/seed1/model.json").read_text())["trained_on"]["processes"] == 2
    (tmp_path / "c").mkdir()
    torchrun = [sys.executable, "-m", "torch.distributed.run", "--standalone", "--nproc-per-node", "2"]
    subprocess.run([*torchrun, SCRIPT, str(tmp_path / "c")], check=True, capture_output=True)
    assert weights(tmp_path / "c") == weights(tmp_path / "a")


def test_when_one_fails_all_end_and_it_is_blamed_in_one_sentence(tmp_path):
    stage = start(tmp_path, "fail")
    lines = stage.communicate()[1].splitlines()
    assert stage.returncode == 1 and lines[-2:] == [
        "toy: the disk is on fire",
        "stage: process 1 of 2 failed, and the others were ended: see its message above, and run again",
    ]
    assert not any("Traceback" in line or "torch" in line for line in lines)
    assert not any(map(alive, pids(tmp_path)))


def test_no_process_begins_a_generation_before_the_one_before_is_saved(tmp_path):
    stage = start(tmp_path, "generations")
    said = stage.communicate()[1]
    assert stage.returncode == 0, said
    assert (tmp_path / "0.learnt").exists() and (tmp_path / "1.learnt").exists()


def test_a_killed_process_is_named(tmp_path):
    stage = start(tmp_path, "hang")
    wait_for(lambda: (tmp_path / "0.hangs").exists() and (tmp_path / "1.hangs").exists())
    os.kill(int((tmp_path / "1.pid").read_text()), signal.SIGKILL)
    assert "stage: process 1 of 2 was ended by SIGKILL, and the others with it" in stage.communicate()[1]
    assert not any(map(alive, pids(tmp_path)))


@pytest.mark.parametrize("number", [signal.SIGKILL, signal.SIGINT, signal.SIGTERM])
def test_no_process_outlives_its_stage(tmp_path, number):
    stage = start(tmp_path, "hang")
    wait_for(lambda: (tmp_path / "0.hangs").exists() and (tmp_path / "1.hangs").exists())
    members = [psutil.Process(int(file.read_text())) for file in pids(tmp_path)]
    assert not [c for c in listening([psutil.Process(stage.pid), *members]) if c.laddr.ip not in ("127.0.0.1", "::1")]
    stage.send_signal(number)
    errors = stage.communicate()[1]
    assert "Traceback" not in errors and stage.returncode == (-9 if number == signal.SIGKILL else 128 + number)
    wait_for(lambda: not any(map(alive, pids(tmp_path))))


def listening(processes: list[psutil.Process]) -> list:
    """Their ports that wait for connections."""
    connections = [connection for process in processes for connection in process.net_connections()]
    return [connection for connection in connections if connection.status == psutil.CONN_LISTEN]


def pids(root: Path) -> list[Path]:
    return [root / f"{rank}.pid" for rank in (0, 1)]


def alive(pid_file: Path) -> bool:
    status = Path(f"/proc/{pid_file.read_text() or 0}/status") if pid_file.exists() else None
    return status is not None and status.exists() and "State:\tZ" not in status.read_text()


def wait_for(condition) -> None:
    until = time.monotonic() + 60
    while not condition():
        assert time.monotonic() < until, "waited a minute in vain"
        time.sleep(0.1)
