"""A training stage in several processes: torchrun's launcher starts them, unless torchrun has started this one."""

import logging
import os
import re
import signal
import sys
import tempfile
import threading
import time
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING

from psl.config import Training
from psl.runtime.errors import PslError
from tasks.stage import STAGE_PID, is_member

if TYPE_CHECKING:
    from torch.distributed.elastic.multiprocessing.errors import ChildFailedError
    from torch.distributed.launcher.api import LaunchConfig

SECONDS_BETWEEN_CHECKS = 0.1
SECONDS_UNTIL_ENDED = 20.0
LOOPBACK = "lo" if sys.platform == "linux" else "lo0"
# What Gloo and NCCL say when another process has gone.
PEER_IS_GONE = re.compile(r"closed by (remote )?peer|reset by peer|broken pipe|remote process exited", re.IGNORECASE)


def distributed(stage: str, options: list[str], params: Training, work: Callable[[], None]) -> None:
    """Do `work` in `params.processes` that this one starts: `python -m tasks.STAGE OPTIONS`.

    Under torchrun the processes are running already, on one machine or on several.
    Raises PslError when one of them ends in failure; the others are ended then.
    """
    if is_member():
        _work_as_member(params, work)
    else:
        launch(["-m", f"tasks.{stage}", *options], params.processes)


def launch(arguments: list[str], processes: int) -> None:
    """Run `python ARGUMENTS` in several processes, which meet over files and talk over the loopback interface only.

    They inherit the environment, to which this adds what they need. Raises PslError that names the first that fails.
    """
    from torch.distributed.elastic.multiprocessing.api import SignalException  # torch: see tasks/stage.py
    from torch.distributed.elastic.multiprocessing.errors import ChildFailedError
    from torch.distributed.launcher.api import elastic_launch

    logging.getLogger("torch.distributed").setLevel(logging.CRITICAL)  # of a failure, one sentence is enough
    with tempfile.TemporaryDirectory() as folder:
        os.environ |= _environment(Path(folder), processes)
        try:
            elastic_launch(_config(Path(folder), processes), sys.executable)(*arguments)
        except ChildFailedError as error:
            raise PslError(_sentence(error, processes)) from None
        except SignalException as error:
            sys.exit(128 + error.sigval)


def _sentence(error: "ChildFailedError", processes: int) -> str:
    rank, failure = error.get_first_failure()
    if failure.exitcode < 0:
        return (
            f"process {rank} of {processes} was ended by {failure.signal_name()}, and the others with it: "
            f"see whether the memory was full, and run again"
        )
    return f"process {rank} of {processes} failed, and the others were ended: see its message above, and run again"


def _config(folder: Path, processes: int) -> "LaunchConfig":
    from torch.distributed.launcher.api import LaunchConfig

    return LaunchConfig(
        min_nodes=1,
        max_nodes=1,
        nproc_per_node=processes,
        run_id="psl",
        local_addr="127.0.0.1",
        rdzv_backend="c10d",
        rdzv_endpoint=str(folder / "rendezvous"),
        rdzv_configs={"store_type": "file"},
        max_restarts=0,
        monitor_interval=SECONDS_BETWEEN_CHECKS,
    )


def _environment(folder: Path, processes: int) -> dict[str, str]:
    from psl.training.engine.process_group import INIT_FILE

    return {
        INIT_FILE: str(folder / "init"),
        STAGE_PID: str(os.getpid()),
        "GLOO_SOCKET_IFNAME": LOOPBACK,
        "NCCL_SOCKET_IFNAME": LOOPBACK,
        "OMP_NUM_THREADS": "1",
        "TORCH_DISABLE_SHARE_RDZV_TCP_STORE": "1",  # no port is opened to the network
    }


def _work_as_member(params: Training, work: Callable[[], None]) -> None:
    from psl.training.engine.process_group import joined_process_group

    if STAGE_PID in os.environ:
        signal.signal(signal.SIGINT, signal.SIG_DFL)  # Ctrl-C reaches the stage, which passes it on: end without a word
        threading.Thread(target=_end_with_the_stage, args=[int(os.environ[STAGE_PID])], daemon=True).start()
    with joined_process_group(params.device):
        try:
            work()
        except RuntimeError as error:
            if STAGE_PID in os.environ and PEER_IS_GONE.search(str(error)):
                time.sleep(SECONDS_UNTIL_ENDED)  # the other one is to blame, and the launcher ends this one
            raise


def _end_with_the_stage(pid: int) -> None:
    """End this process when the one that started it is gone, however that ended."""
    while os.getppid() == pid:
        time.sleep(SECONDS_BETWEEN_CHECKS)
    os._exit(1)
