"""Run a training stage in several processes: started here, for `processes` in the parameters, or by torchrun."""

import os
import re
import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import Callable
from contextlib import ExitStack
from pathlib import Path

import torch

from psl.cores import cores
from psl.errors import PslError
from psl.params import Training
from psl.training.team import MEET, joined
from tasks.stage import STARTED_HERE, is_member

SECONDS_BETWEEN_LOOKS = 0.1
SECONDS_TO_BE_ENDED = 20.0
LEFT = re.compile(r"closed by (remote )?peer|reset by peer|broken pipe|remote process exited", re.IGNORECASE)  # Gloo and NCCL, of another


def together(stage: str, options: list[str], params: Training, work: Callable[[], None]) -> None:
    """Do `work` in this process, or start `params.processes` of them that do it together: `python -m tasks.STAGE OPTIONS`.

    Under torchrun the processes are there already, on one machine or on several.
    Raises PslError when one of them ends in failure; the others are ended then.
    """
    if is_member():
        _as_member(params, work)
    elif params.processes == 1:
        work()
    else:
        _start([sys.executable, "-m", f"tasks.{stage}", *options], params.processes)


def _as_member(params: Training, work: Callable[[], None]) -> None:
    if os.environ.get(STARTED_HERE):
        threading.Thread(target=_end_with_the_stage, daemon=True).start()
    torch.set_num_threads(max(cores() // int(os.environ.get("LOCAL_WORLD_SIZE", "1")), 1))
    with joined(params.device):
        try:
            work()
        except RuntimeError as error:
            if os.environ.get(STARTED_HERE) and LEFT.search(str(error)):
                time.sleep(SECONDS_TO_BE_ENDED)  # another one failed: it is to be blamed, and the stage ends this one
            raise


def _end_with_the_stage() -> None:
    sys.stdin.read()
    os._exit(1)


def _start(command: list[str], processes: int) -> None:
    """Start the processes; they meet over a file and speak over the loopback interface only."""
    with tempfile.TemporaryDirectory() as folder, ExitStack() as stack:
        common = {
            "WORLD_SIZE": str(processes),
            "LOCAL_WORLD_SIZE": str(processes),
            MEET: str(Path(folder) / "meet"),
            STARTED_HERE: "1",
            "OMP_NUM_THREADS": str(max(cores() // processes, 1)),
        } | ({"GLOO_SOCKET_IFNAME": "lo"} if sys.platform == "linux" else {})
        started = []
        for rank in range(processes):
            told = None if rank == 0 else stack.enter_context((Path(folder) / f"{rank}.log").open("w"))
            environment = os.environ | common | {"RANK": str(rank), "LOCAL_RANK": str(rank)}
            started.append(subprocess.Popen(command, env=environment, stdin=subprocess.PIPE, stdout=told, stderr=told))
        try:
            _watch(started, Path(folder))
        finally:
            for process in started:
                process.kill()
                process.wait()


def _watch(started: list[subprocess.Popen], folder: Path) -> None:
    """Wait for all. Raises PslError with the last words of the first that fails."""
    waiting = dict(enumerate(started))
    while waiting:
        ended = {rank: process.poll() for rank, process in waiting.items() if process.poll() is not None}
        for rank, code in ended.items():
            waiting.pop(rank)
            if code:
                lines = (folder / f"{rank}.log").read_text(errors="replace").splitlines() if rank else []
                raise PslError(f"process {rank} of {len(started)} ended early: {lines[-1] if lines else 'see its last line above'}")
        time.sleep(SECONDS_BETWEEN_LOOKS)
