"""Commands that this process runs: their lines as they come, and an end to all of them when this process ends."""

import os
import signal
import subprocess
import sys
import threading
from collections.abc import Callable, Mapping
from contextlib import suppress

Process = subprocess.Popen[str]
STOPPED = 128 + signal.SIGINT  # the exit code that shells give to what Ctrl-C ended
_running: set[Process] = set()  # by `run`
_stopped: set[Process] = set()  # of these, killed by `kill_all`


def start(command: list[str], env: Mapping[str, str | None]) -> Process:
    """Start the command in a process group that dies with this process. Its output and errors are one pipe.

    None in `env` removes a variable.
    """
    merged = {**os.environ, "PYTHONUNBUFFERED": "1", **env}
    return subprocess.Popen(
        [sys.executable, "-m", "flows.die_with_parent", *command],
        env={name: value for name, value in merged.items() if value is not None},
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        errors="replace",
        start_new_session=True,
    )


def run(command: list[str], env: Mapping[str, str | None], on_line: Callable[[str], None]) -> tuple[int, list[str]]:
    """Run the command, pass each line on, and return its exit code and all lines. Nothing of its group outlives it.

    The code is STOPPED when `kill_all` ended it.
    """
    process = start(command, env)
    _running.add(process)
    lines: list[str] = []
    reader = threading.Thread(target=_read, args=(process, lines, on_line), daemon=True)
    reader.start()
    code = process.wait()
    kill_group(process)  # a child that was left behind would hold the pipe open
    reader.join()
    return STOPPED if process in _stopped else code, lines


def _read(process: Process, lines: list[str], on_line: Callable[[str], None]) -> None:
    assert process.stdout
    for line in filter(str.strip, process.stdout):
        lines.append(line.rstrip())
        on_line(lines[-1])


def kill_group(process: Process) -> None:
    """Kill the process's group, or what is left of it."""
    with suppress(ProcessLookupError, PermissionError):
        os.killpg(process.pid, signal.SIGKILL)
    process.wait()
    _running.discard(process)


def kill_all() -> None:
    """Kill every command that `run` waits for."""
    for process in list(_running):
        _stopped.add(process)
        kill_group(process)
