"""What a killed flow left running here: nothing, unless its supervisors were killed with it."""

import os
from collections.abc import Mapping
from contextlib import suppress

import psutil

REPOSITORY = "PSL_REPOSITORY"  # environment of stages: the repository of the flow that started them
SECONDS_TO_END = 5.0


def marked(env: Mapping[str, str | None]) -> dict[str, str | None]:
    """The environment for a stage of a flow of this repository."""
    return {**env, REPOSITORY: os.getcwd()}


def end_orphans() -> None:
    """Kill the stages of this repository's earlier flows. For who knows that no other flow runs here."""
    orphans = [process for process in psutil.process_iter() if _is_ours(process)]
    for process in orphans:
        with suppress(psutil.Error):
            process.kill()
    psutil.wait_procs(orphans, timeout=SECONDS_TO_END)


def _is_ours(process: psutil.Process) -> bool:
    try:
        return process.environ().get(REPOSITORY) == os.getcwd() and process.pid != os.getpid()
    except psutil.Error:  # somebody else's, or at its end
        return False
