"""A DVC repository of stages that take milliseconds, run by `dvc repro` or by the flow, and looked at through Prefect's API."""

import os
import shutil
import signal
import subprocess
import sys
import time
from pathlib import Path

import requests
from imports import ROOT

STAGES = """\
stages:
  a: {cmd: "cat seed > a", deps: [seed], outs: [a]}
  slow: {cmd: "python slow.py a slow", deps: [a, slow.py], outs: [slow]}
  fast:
    foreach: [x, y]
    do: {cmd: "cat a > fast_${item}", deps: [a], outs: ["fast_${item}"]}
  end: {cmd: "cat slow fast_x fast_y > end", deps: [slow, fast_x, fast_y], outs: [end]}
"""
SLOW = """\
import pathlib, sys, time
while not pathlib.Path("go").exists():  # shows that it is alive
    with open("pulse", "a") as file:
        file.write(".")
    time.sleep(0.02)
time.sleep(0.6)
pathlib.Path(sys.argv[2]).write_text(pathlib.Path(sys.argv[1]).read_text() * 2)
"""


class Toy:
    """A repository in `folder`; its flows report to `server`, or bring their own when that is None."""

    def __init__(self, folder: Path, server: str | None, stages: str = STAGES):
        self.folder, self.server = folder, server
        folder.mkdir(exist_ok=True)
        (folder / "dvc.yaml").write_text(stages)
        (folder / "slow.py").write_text(SLOW)
        (folder / "seed").write_text("1\n")
        (folder / "go").touch()
        shutil.copy(ROOT / "prefect.toml", folder)
        for command in ("git init --quiet", "dvc init --quiet", "dvc config core.analytics false"):
            self.run(*command.split())

    def copy(self, folder: Path) -> "Toy":
        """The same state somewhere else."""
        other = Toy.__new__(Toy)
        other.folder, other.server = Path(shutil.copytree(self.folder, folder)), self.server
        return other

    @property
    def env(self) -> dict[str, str]:
        path = f"{Path(sys.executable).parent}:/usr/bin:/bin"
        own = {"PATH": path, "HOME": str(self.folder), "PYTHONPATH": str(ROOT)}
        return {**own, **({"PREFECT_API_URL": self.server} if self.server else {})}

    def run(self, *command: str, check: bool = True) -> subprocess.CompletedProcess:
        done = subprocess.run(command, cwd=self.folder, env=self.env, capture_output=True, text=True, timeout=120)
        assert not check or done.returncode == 0, done.stdout + done.stderr
        return done

    def repro(self, *arguments: str) -> str:
        self.run("dvc", "repro", *arguments)
        return self.lock()

    def flow(self, *arguments: str, flow: str = "pipeline", check: bool = True) -> subprocess.CompletedProcess:
        return self.run(sys.executable, "-m", f"flows.{flow}", *arguments, check=check)

    def start_flow(self) -> subprocess.Popen:
        """A flow in the background whose slow stage waits; returns once that runs."""
        (self.folder / "go").unlink(missing_ok=True)
        with (self.folder / ".dvc/tmp/out").open("w") as out:
            command = [sys.executable, "-m", "flows.pipeline"]
            flow = subprocess.Popen(command, cwd=self.folder, env=self.env, stdout=out, stderr=out, preexec_fn=hear_ctrl_c)
        wait_until(lambda: (self.folder / "pulse").exists())
        return flow

    def let_go(self) -> None:
        (self.folder / "go").touch()

    def lock(self) -> str:
        return (self.folder / "dvc.lock").read_text()

    def states(self) -> dict[str, tuple[str, str]]:
        """Name and message of the state of every task of the last flow run, and of the run itself under its flow's name."""
        run = self.last_run()
        tasks = self.post("task_runs", {"flow_runs": {"id": {"any_": [run["id"]]}}})
        return {run["name"]: (run["state"]["name"], run["state"]["message"]) for run in [*tasks, {**run, "name": "flow"}]}

    def last_run(self) -> dict:
        return self.post("flow_runs", {"sort": "START_TIME_DESC", "limit": 1})[0]

    def unfinished(self) -> list[str]:
        kinds = {"state": {"type": {"any_": ["RUNNING", "PENDING", "SCHEDULED"]}}}
        return [run["name"] for what in ("flow_runs", "task_runs") for run in self.post(what, {what: kinds})]

    def ask(self, deployment: str, parameters: dict) -> str:
        """Ask for a run of a deployment; its id."""
        found = next(one for one in self.post("deployments", {}) if one["name"] == deployment)
        asked = {"parameters": parameters, "state": {"type": "SCHEDULED"}}
        return requests.post(f"{self.server}/deployments/{found['id']}/create_flow_run", json=asked, timeout=10).json()["id"]

    def post(self, what: str, body: dict) -> list[dict]:
        answer = requests.post(f"{self.server}/{what}/filter", json=body, timeout=10)
        answer.raise_for_status()
        return answer.json()


def hear_ctrl_c() -> None:
    """Tests that run in the background of a shell would hand on that SIGINT is not heard."""
    signal.signal(signal.SIGINT, signal.SIG_DFL)


def wait_until(true, seconds: float = 60.0) -> None:
    until = time.monotonic() + seconds
    while not true():
        assert time.monotonic() < until
        time.sleep(0.02)


def serve(home: Path) -> tuple[subprocess.Popen, str]:
    """A Prefect server in a home of its own; it ends when the returned process's standard input closes."""
    code = "import sys; from flows.server import free_port, serving\nwith serving(free_port(), ui=False) as url: print(url, flush=True); sys.stdin.read()"
    shutil.copy(ROOT / "prefect.toml", home)
    env = {**os.environ, "PYTHONPATH": str(ROOT)}
    process = subprocess.Popen([sys.executable, "-c", code], cwd=home, env=env, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)
    return process, process.stdout.readline().strip()
