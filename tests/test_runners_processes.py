"""Jobs over processes: each is done once, and a process that dies takes only its own job with it."""

import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest

from psl.runtime.errors import PslError
from psl.runtime.runners.processes import map_over_processes

# The jobs are expressions, because what a spawned process runs must be importable there.
DIE = f"__import__('os').kill(__import__('os').getpid(), {signal.SIGKILL:d})"
PARENT = """
from psl.runtime.runners.processes import map_over_processes
for job, pid in map_over_processes(eval, ["__import__('os').getpid()", "__import__('time').sleep(600)"], 1):
    print(pid, flush=True)
"""


@pytest.mark.parametrize("workers", [1, 3])
def test_each_job_is_done_once(workers: int) -> None:
    jobs = [f"{n} * {n}" for n in range(5)]
    assert sorted(map_over_processes(eval, jobs, workers)) == sorted((job, n * n) for n, job in enumerate(jobs))


def test_no_jobs_start_nothing() -> None:
    assert list(map_over_processes(eval, [], 2)) == []


def test_a_dead_process_loses_its_own_job_only() -> None:
    assert dict(map_over_processes(eval, ["1", DIE, "2", "3"], 1)) == {"1": 1, DIE: None, "2": 2, "3": 3}


def test_what_a_job_raises_is_raised_here() -> None:
    jobs = ["1", "(_ for _ in ()).throw(__import__('psl.runtime.errors').runtime.errors.PslError('full'))"]
    with pytest.raises(PslError, match="full"):
        list(map_over_processes(eval, jobs, 1))


def test_processes_compute_with_one_thread_and_the_environment_stays() -> None:
    before = dict(os.environ)
    [(_, threads)] = map_over_processes(eval, ["__import__('os').environ['OMP_NUM_THREADS']"], 1)
    assert threads == "1" and dict(os.environ) == before


def test_processes_end_when_their_parent_is_killed() -> None:
    parent = subprocess.Popen(
        [sys.executable, "-c", PARENT], stdout=subprocess.PIPE, text=True, cwd=Path(__file__).parents[1]
    )
    worker = int(parent.stdout.readline())
    assert alive(worker)
    parent.kill()
    parent.wait()
    deadline = time.monotonic() + 20
    while alive(worker) and time.monotonic() < deadline:
        time.sleep(0.05)
    assert not alive(worker)


def alive(pid: int) -> bool:
    """Whether a process runs; one that ended and was not yet collected does not."""
    try:
        return Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0] != "Z"
    except FileNotFoundError:
        return False
