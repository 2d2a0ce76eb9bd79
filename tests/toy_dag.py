"""A DVC repository of stages that take milliseconds, run by `dvc repro` or a flow, and seen through Prefect's API."""

import shutil
import signal
import subprocess
import sys
import tempfile
import time
from functools import lru_cache
from pathlib import Path

import requests
from imports import ROOT
from prefect_server import Server, add_database

STAGES = """\
stages:
  a: {cmd: "cat seed > a", deps: [seed], outs: [a]}
  slow: {cmd: "python slow.py 0.6 a slow", deps: [a, slow.py], outs: [slow]}
  fast:
    foreach: [x, y]
    do: {cmd: "cat a > fast_${item}", deps: [a], outs: ["fast_${item}"]}
  end: {cmd: "cat slow fast_x fast_y > end", deps: [slow, fast_x, fast_y], outs: [end]}
"""
PAIR = """\
stages:
  slow: {cmd: "python slow.py 0 seed slow", deps: [seed, slow.py], outs: [slow]}
  fast: {cmd: "cat seed > fast", deps: [seed], outs: [fast]}
"""
SLOW = """\
import pathlib, sys, time
while not pathlib.Path("go").exists():  # shows that it is alive
    with open("pulse", "a") as file:
        file.write(".")
    time.sleep(0.02)
time.sleep(float(sys.argv[1]))
pathlib.Path(sys.argv[3]).write_text(pathlib.Path(sys.argv[2]).read_text() * 2)
"""
FLOWS = (sys.executable, "-m", "flows")


class Toy:
    """A repository in `folder`; its flows report to `server`, or bring their own when that is None."""

    def __init__(self, folder: Path, server: str | None, stages: str = STAGES):
        self.folder, self.server = folder, server
        shutil.copytree(_empty_repository(), folder, dirs_exist_ok=True)
        (folder / "dvc.yaml").write_text(stages)
        (folder / "slow.py").write_text(SLOW)
        (folder / "seed").write_text("1\n")
        (folder / "go").touch()
        shutil.copy(ROOT / "prefect.toml", folder)
        if server is None:
            add_database(folder)

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

    def flow(self, *arguments: str, command: str = "pipeline", check: bool = True) -> subprocess.CompletedProcess:
        return self.run(*FLOWS, command, *arguments, check=check)

    def start(self, *arguments: str) -> subprocess.Popen:
        """`python -m flows ARGUMENTS` in the background, its output in .dvc/tmp/out."""
        with (self.folder / ".dvc/tmp/out").open("w") as out:
            return subprocess.Popen(
                [*FLOWS, *arguments], cwd=self.folder, env=self.env, stdout=out, stderr=out, preexec_fn=_default_sigint
            )

    def start_flow(self) -> subprocess.Popen:
        """A flow in the background whose slow stage waits for `release`; returns once that stage runs."""
        (self.folder / "go").unlink(missing_ok=True)
        flow = self.start("pipeline")
        wait_until((self.folder / "pulse").exists)
        return flow

    def release(self) -> None:
        (self.folder / "go").touch()

    def output(self) -> str:
        """What `start`'s process has written."""
        return (self.folder / ".dvc/tmp/out").read_text()

    def lock(self) -> str:
        lock = self.folder / "dvc.lock"
        return lock.read_text() if lock.exists() else ""

    def states(self) -> dict[str, tuple[str, str]]:
        """State and message of every task of the last flow run, and of the run itself as `flow`."""
        run = self.last_run()
        tasks = self.rows("task_runs", flow_runs={"id": {"any_": [run["id"]]}})
        return {
            run["name"]: (run["state"]["name"], run["state"]["message"]) for run in [*tasks, {**run, "name": "flow"}]
        }

    def last_run(self) -> dict:
        return self.rows("flow_runs", sort="START_TIME_DESC", limit=1)[0]

    def unfinished(self) -> list[str]:
        states = {"state": {"type": {"any_": ["RUNNING", "PENDING", "SCHEDULED"]}}}
        return [run["name"] for kind in ("flow_runs", "task_runs") for run in self.rows(kind, **{kind: states})]

    def deployments(self) -> dict[str, dict]:
        """By name; none while there is no server yet."""
        try:
            return {deployment["name"]: deployment for deployment in self.rows("deployments")}
        except requests.ConnectionError:
            return {}

    def create_run(self, deployment: str, parameters: dict) -> str:
        """Schedule a run of a deployment now; its id."""
        path = f"deployments/{self.deployments()[deployment]['id']}/create_flow_run"
        return Server(self.server).post(path, parameters=parameters, state={"type": "SCHEDULED"})["id"]

    def rows(self, kind: str, **body) -> list[dict]:
        return Server(self.server).rows(kind, **body)


@lru_cache(maxsize=1)
def _empty_repository() -> Path:
    """A new repository of git and DVC, made once."""
    folder = Path(tempfile.mkdtemp(prefix="psl-toy-"))
    env = {"PATH": f"{Path(sys.executable).parent}:/usr/bin:/bin", "HOME": str(folder)}
    for command in ("git init --quiet", "dvc init --quiet", "dvc config core.analytics false"):
        subprocess.run(command.split(), cwd=folder, env=env, check=True)
    (folder / ".dvc/tmp").mkdir(exist_ok=True)
    return folder


def _default_sigint() -> None:
    """A shell's background processes ignore SIGINT, and would hand that on."""
    signal.signal(signal.SIGINT, signal.SIG_DFL)


def wait_until(condition, seconds: float = 60.0) -> None:
    deadline = time.monotonic() + seconds
    while not condition():
        assert time.monotonic() < deadline
        time.sleep(0.02)
