"""What a killed flow left running here: nothing, unless its supervisors were killed with it."""

import os
import time
from contextlib import suppress

import psutil

from psl.errors import PslError
from psl.progress import say

REPOSITORY = "PSL_REPOSITORY"  # environment of stages: the repository of the flow that started them
SECONDS_TO_END = 5.0
SECONDS_BETWEEN_LOOKS = 0.05


def end_orphans() -> None:
    """Kill the stages of this repository's earlier flows, when no other flow runs here. Raises PslError for one that does not end."""
    until, ended = time.monotonic() + SECONDS_TO_END, set()
    while orphans := [process for process in psutil.process_iter() if _is_ours(process)]:  # again: they may have started others
        if time.monotonic() > until:
            raise PslError(f"process {orphans[0].pid} of a flow that was killed here does not end: end it, and run again")
        for process in orphans:
            with suppress(psutil.Error):
                process.kill()
        ended |= {process.pid for process in orphans}
        time.sleep(SECONDS_BETWEEN_LOOKS)
    if ended:
        say(f"ended what a killed flow had left running here: {len(ended)} processes")


def _is_ours(process: psutil.Process) -> bool:
    try:
        return process.environ().get(REPOSITORY) == os.getcwd() and process.pid != os.getpid()
    except psutil.Error:  # somebody else's, or at its end
        return False
