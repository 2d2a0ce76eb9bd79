"""Commands that this process watches: their lines as they come, and an end to all of them when this process ends."""

import os
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Mapping
from contextlib import suppress

Process = subprocess.Popen[str]
SERVED = "PREFECT__FLOW_RUN_ID"  # environment: Prefect sets it for runs that a serving process starts
SECONDS_BETWEEN_LOOKS = 0.5
_running: set[Process] = set()  # by `run`


def start(command: list[str], env: Mapping[str, str | None]) -> Process:
    """Start the command in its own process group, supervised; None in `env` unsets. Its standard output and error are one pipe."""
    merged = {**os.environ, "PYTHONUNBUFFERED": "1", **env}
    return subprocess.Popen(
        [sys.executable, "-m", "flows.supervise", *command],
        env={name: value for name, value in merged.items() if value is not None},
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        errors="replace",
        start_new_session=True,
    )


def run(command: list[str], env: Mapping[str, str | None], tell: Callable[[str], None]) -> tuple[int, list[str]]:
    """Run the command, pass each line on, and return its exit code with all lines. Nothing of its group outlives it."""
    process = start(command, env)
    _running.add(process)
    lines: list[str] = []
    reader = threading.Thread(target=_read, args=(process, lines, tell), daemon=True)
    reader.start()
    code = process.wait()
    end(process)  # a child that was left behind would hold the pipe open
    reader.join()
    return code, lines


def _read(process: Process, lines: list[str], tell: Callable[[str], None]) -> None:
    assert process.stdout
    for line in filter(str.strip, process.stdout):
        lines.append(line.rstrip())
        tell(lines[-1])


def end(process: Process) -> None:
    """Kill the process's group, or what is left of it."""
    with suppress(ProcessLookupError, PermissionError):
        os.killpg(process.pid, signal.SIGKILL)
    process.wait()
    _running.discard(process)


def end_all() -> None:
    """Kill every command that `run` waits for."""
    for process in list(_running):
        end(process)


def end_with_parent() -> None:
    """A run that a serving process started ends, with all that it started, when that process is killed."""
    if SERVED in os.environ:
        threading.Thread(target=_end_without, args=(os.getppid(),), daemon=True).start()


def _end_without(parent: int) -> None:
    while os.getppid() == parent:
        time.sleep(SECONDS_BETWEEN_LOOKS)
    end_all()
    os._exit(1)
