"""Stages that outlived the flow that started them: none, unless the processes between were killed with it."""

import os
import time
from contextlib import suppress

import psutil

from psl.runtime.errors import PslError
from psl.runtime.progress import log

REPOSITORY = "PSL_REPOSITORY"  # environment of stages: the repository of the flow that started them
KILL_SECONDS = 5.0
POLL_SECONDS = 0.05


def kill_leftover_processes() -> None:
    """Kill the stages of this repository's earlier flows, when no other flow runs here.

    Raises PslError for one that does not end.
    """
    deadline, killed = time.monotonic() + KILL_SECONDS, set[int]()
    while leftovers := [process for process in psutil.process_iter() if _is_leftover(process)]:  # they may start others
        if time.monotonic() > deadline:
            raise PslError(
                f"process {leftovers[0].pid} of a flow that was killed here does not end: end it, and run again"
            )
        for process in leftovers:
            with suppress(psutil.Error):
                process.kill()
        killed |= {process.pid for process in leftovers}
        time.sleep(POLL_SECONDS)
    if killed:
        log(f"killed {len(killed)} processes that a killed flow had left running here")


def _is_leftover(process: psutil.Process) -> bool:
    try:
        return process.environ().get(REPOSITORY) == os.getcwd() and process.pid != os.getpid()
    except psutil.Error:  # another user's, or already gone
        return False
