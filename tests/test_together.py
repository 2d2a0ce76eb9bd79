"""Training in several processes: it learns what one process learns, gives the same bytes again, and dies as one."""

import csv
import json
import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest
from imports import ROOT

from psl.errors import PslError
from psl.training.team import Team
from tasks.together import _start

SCRIPT = str(ROOT / "tests/team_script.py")


@pytest.fixture(autouse=True)
def from_here(monkeypatch):
    monkeypatch.setenv("PYTHONPATH", f"{ROOT}{os.pathsep}{ROOT / 'tests'}")


def start(root: Path, *what: str) -> None:
    root.mkdir(exist_ok=True)
    _start([sys.executable, SCRIPT, str(root), *what], 2)


def last_epoch(root: Path) -> dict[str, str]:
    return list(csv.DictReader((root / "model/seed1/history.csv").open()))[-1]


def weights(root: Path) -> bytes:
    return (root / "model/seed1/model.safetensors").read_bytes()


def test_shares_are_the_batch_and_their_mean_is_the_batchs():
    for size, windows in [(1, 5), (2, 5), (3, 7), (4, 2)]:
        shares = [Team(rank, size).share(windows) for rank in range(size)]
        mine = [list(range(windows))[part] if weight else [] for part, weight in shares]
        assert sorted(number for part in mine for number in part) == list(range(windows))
        means = [sum(part) / len(part) * weight if part else 0.0 for part, (_, weight) in zip(mine, shares, strict=True)]
        assert sum(means) / size == pytest.approx(sum(range(windows)) / windows)


def test_two_processes_learn_and_give_the_same_bytes_again_also_by_torchrun(tmp_path):
    start(tmp_path / "a")
    start(tmp_path / "b")
    assert weights(tmp_path / "a") == weights(tmp_path / "b")
    assert float(last_epoch(tmp_path / "a")["validation_mAP"]) > 0.9
    assert json.loads((tmp_path / "a/model/seed1/model.json").read_text())["trained_on"]["processes"] == 2
    (tmp_path / "c").mkdir()
    torchrun = [sys.executable, "-m", "torch.distributed.run", "--standalone", "--nproc-per-node", "2"]
    subprocess.run([*torchrun, SCRIPT, str(tmp_path / "c")], check=True, capture_output=True)
    assert weights(tmp_path / "c") == weights(tmp_path / "a")


def test_when_one_fails_all_end_and_its_last_words_are_told(tmp_path, capfd):
    with pytest.raises(PslError, match="process 1 of 2 ended early: toy: the disk is on fire"):
        start(tmp_path, "fail")
    assert "Traceback" not in capfd.readouterr().err
    assert not any(alive(tmp_path / f"{rank}.pid") for rank in (0, 1))


def test_no_process_outlives_a_killed_stage(tmp_path):
    code = f"import sys; from tasks.together import _start; _start([sys.executable, {SCRIPT!r}, {str(tmp_path)!r}, 'hang'], 2)"
    stage = subprocess.Popen([sys.executable, "-c", code], cwd=ROOT)
    pids = [tmp_path / f"{rank}.pid" for rank in (0, 1)]
    wait_for(lambda: all(map(alive, pids)))
    stage.send_signal(signal.SIGKILL)
    stage.wait()
    wait_for(lambda: not any(map(alive, pids)))


def alive(pid_file: Path) -> bool:
    status = Path(f"/proc/{pid_file.read_text() or 0}/status") if pid_file.exists() else None
    return status is not None and status.exists() and "State:\tZ" not in status.read_text()


def wait_for(condition) -> None:
    until = time.monotonic() + 60
    while not condition():
        assert time.monotonic() < until, "waited a minute in vain"
        time.sleep(0.1)
