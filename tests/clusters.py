"""Dask and Ray clusters of two workers on this machine, for tests; all their processes are children of this one."""

import json
import os
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest
from imports import ROOT

from psl.runners.processes import ONE_THREAD


class DaskCluster:
    """A scheduler and its workers, each a process with one thread."""

    def __init__(self, folder: Path, scheduler: subprocess.Popen, workers: list[subprocess.Popen]):
        self.address = json.loads((folder / "scheduler.json").read_text())["address"]
        self.scheduler, self.workers = scheduler, workers


@contextmanager
def dask_cluster(folder: Path, workers: int = 2) -> Iterator[DaskCluster]:
    pytest.importorskip("distributed", reason="the extra dask is not installed")
    place, quiet = folder / "scheduler.json", ["--no-dashboard", "--scheduler-file", str(folder / "scheduler.json")]
    running = [_start("distributed.cli.dask_scheduler", "--host", "127.0.0.1", "--port", "0", *quiet, folder=folder)]
    try:
        _wait(place.exists)
        one = ["--nthreads", "1", "--no-nanny", "--host", "127.0.0.1", "--local-directory", str(folder), *quiet]
        running += [_start("distributed.cli.dask_worker", *one, folder=folder) for _ in range(workers)]
        yield DaskCluster(folder, running[0], running[1:])
    finally:
        for process in reversed(running):
            process.kill()
            process.wait()


def _start(module: str, *arguments: str, folder: Path) -> subprocess.Popen:
    """Away from the repository, as on another machine: what finds its way back is the folder that each job names."""
    environment = {**os.environ, **ONE_THREAD, "PYTHONPATH": str(ROOT), "DASK_DISTRIBUTED__LOGGING__DISTRIBUTED": "critical"}
    with (folder / "log").open("a") as log:
        return subprocess.Popen([sys.executable, "-m", module, *arguments], cwd=folder, env=environment, stdout=log, stderr=log)


def _wait(ready, seconds: float = 60) -> None:
    deadline = time.monotonic() + seconds
    while not ready():
        assert time.monotonic() < deadline, "no cluster came up"
        time.sleep(0.02)
