"""Dask and Ray clusters on this machine, for tests; all their processes are children of this one."""

import json
import os
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest
from imports import ROOT

from psl.runtime.runners import Runner
from psl.runtime.runners.dask import Dask
from psl.runtime.runners.in_process import Serial, Threads
from psl.runtime.runners.processes import ONE_THREAD, Processes
from psl.runtime.runners.ray import Ray


class DaskCluster:
    """A scheduler and its workers, each a process with one thread."""

    def __init__(self, folder: Path, scheduler: subprocess.Popen, workers: list[subprocess.Popen]):
        self.address = json.loads((folder / "scheduler.json").read_text())["address"]
        self.scheduler, self.workers = scheduler, workers


@contextmanager
def dask_cluster(folder: Path, workers: int = 2) -> Iterator[DaskCluster]:
    pytest.importorskip("distributed", reason="the extra dask is not installed")
    address_file, quiet = (
        folder / "scheduler.json",
        ["--no-dashboard", "--scheduler-file", str(folder / "scheduler.json")],
    )
    running = [_start("distributed.cli.dask_scheduler", "--host", "127.0.0.1", "--port", "0", *quiet, folder=folder)]
    try:
        _wait(address_file.exists)
        options = ["--nthreads", "1", "--no-nanny", "--host", "127.0.0.1", "--local-directory", str(folder), *quiet]
        running += [_start("distributed.cli.dask_worker", *options, folder=folder) for _ in range(workers)]
        yield DaskCluster(folder, running[0], running[1:])
    finally:
        for process in reversed(running):
            process.kill()
            process.wait()


@contextmanager
def ray_cluster() -> Iterator[Any]:
    """A Ray cluster whose head has one core; `add_node` adds others."""
    pytest.importorskip("ray", reason="the extra ray is not installed")
    from ray.cluster_utils import Cluster

    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("PYTHONPATH", str(ROOT))
        nodes = Cluster(initialize_head=True, head_node_args={"num_cpus": 1, "include_dashboard": False})
        try:
            yield nodes
        finally:
            nodes.shutdown()


def _start(module: str, *arguments: str, folder: Path) -> subprocess.Popen:
    """Start it outside the repository, as on another machine: each job names the folder that it needs."""
    environment = {
        **os.environ,
        **ONE_THREAD,
        "PYTHONPATH": str(ROOT),
        "DASK_DISTRIBUTED__LOGGING__DISTRIBUTED": "critical",
    }
    with (folder / "log").open("a") as log:
        return subprocess.Popen(
            [sys.executable, "-m", module, *arguments], cwd=folder, env=environment, stdout=log, stderr=log
        )


def _wait(ready, seconds: float = 60) -> None:
    deadline = time.monotonic() + seconds
    while not ready():
        assert time.monotonic() < deadline, "no cluster came up"
        time.sleep(0.02)


@pytest.fixture(scope="module")
def dask(tmp_path_factory):
    """Two workers at an address."""
    with dask_cluster(tmp_path_factory.mktemp("dask")) as workers:
        yield Dask(2, workers.address)


@pytest.fixture(scope="module")
def ray():
    """Two nodes of one core at an address."""
    with ray_cluster() as nodes:
        nodes.add_node(num_cpus=1)
        yield Ray(2, nodes.address)


CLUSTERS = [pytest.param(name, marks=pytest.mark.cluster) for name in ("dask", "ray")]


@pytest.fixture(
    params=[Serial(), Threads(3), Processes(2), *CLUSTERS],
    ids=lambda param: param if isinstance(param, str) else type(param).__name__,
)
def runner(request) -> Runner:
    return request.getfixturevalue(request.param) if isinstance(request.param, str) else request.param
