"""One stage of DVC as one Prefect task: `dvc repro -s NAME` with its lines in the log and a state that says why."""

import os
import re
import signal
import sys
from collections.abc import Mapping
from functools import partial
from pathlib import Path
from typing import Any

from prefect import task
from prefect.cache_policies import NO_CACHE
from prefect.client.schemas.objects import State, TaskRun
from prefect.context import TaskRunContext
from prefect.logging import get_run_logger
from prefect.states import Cancelled, Completed, Failed

from flows import processes
from flows.crashed_runs import mark_subflows_crashed
from flows.graph import Stage
from flows.leftover_processes import REPOSITORY
from flows.server import configured_url
from tasks.shard_recorder import PARENT_TASK_RUN

DVC = (sys.executable, "-m", "flows.atomic_dvc")
CACHED, LOCKED, SKIPPED = "Cached", "Locked", "Skipped"  # names of states
UNCHANGED = "unchanged: nothing that this stage depends on changed"
RESTORED = "restored: DVC had run it on the same inputs before"
LOCK_RETRIES = 5
BUSY = re.compile(r"is busy, it is being blocked by|Unable to acquire lock")
COMMAND_FAILED = re.compile(r"failed to run|failed to reproduce '[^']*'$")
EXIT_CODE = re.compile(r"failed to run: .*, exited with (-?\d+)$")
ADVICE = re.compile(  # what DVC prints after every stage, also after one that failed
    r"To track the changes with git, run:|\tgit add .*|To enable auto staging, run:|\tdvc config core\.autostage true"
    r"|Use `dvc push` to send your updates to remote storage\."
)
DVC_PREFIXES = ("ERROR:", "Running stage", ">", "Use `dvc")


def may_retry(stage_task: Any, run: TaskRun, state: State) -> bool:
    """Only DVC's locks are retried, and stages that say in dvc.yaml that trying again can help."""
    return run.run_count <= (LOCK_RETRIES if state.name == LOCKED else stage_task.retries - LOCK_RETRIES)


def task_for(stage: Stage) -> Any:
    """The task that runs this stage, under the stage's name."""
    return run_stage.with_options(task_run_name=stage.name.replace("{", "{{"), retries=stage.retries + LOCK_RETRIES)


@task(cache_policy=NO_CACHE, persist_result=False, retry_delay_seconds=1, retry_condition_fn=may_retry)
def run_stage(
    stage: str,
    reasons: list[str],
    force: bool = False,
    unchanged: bool = False,
    *,
    place: str = "",
    failed: list[str] | None = None,
    environment: Mapping[str, str | None] | None = None,
) -> State:
    """Run a stage unless it is known to be `unchanged` or its needs `failed`; `reasons` say why it is stale.

    `place` says which of the run's stages it is. `environment` joins its environment.
    """
    log = get_run_logger()
    if failed:
        return Cancelled(name=SKIPPED, message=f"not run, because {', '.join(failed)} failed")
    if unchanged:
        return Completed(name=CACHED, message=UNCHANGED)
    log.info("%s runs, because %s", place, "; ".join(reasons))
    command = [*DVC, "--wait-for-lock", "repro", "--single-item", *(["--force"] if force else []), stage]
    own = _environment()
    code, lines = processes.run(command, {**own, **(environment or {})}, partial(_log, log))
    if code and (task_run := own[PARENT_TASK_RUN]):
        mark_subflows_crashed(task_run)
    return state_of(stage, code, lines)


def _log(log: Any, line: str) -> None:
    """Log a line of a stage; DVC's advice on git, which every stage would repeat, is left out."""
    if not ADVICE.fullmatch(line):
        log.info(line)


def _environment() -> dict[str, str | None]:
    """`python` in dvc.yaml is this Python, and unless the server is temporary a stage's runs go under its task run."""
    context, server = TaskRunContext.get(), configured_url()
    path = f"{Path(sys.executable).parent}{os.pathsep}{os.environ.get('PATH', os.defpath)}"
    parent = str(context.task_run.id) if context and server else None
    return {"PATH": path, REPOSITORY: os.getcwd(), PARENT_TASK_RUN: parent, "PREFECT_API_URL": server}


def state_of(stage: str, code: int, lines: list[str]) -> State:
    """The state that DVC's exit code and output mean."""
    name = re.escape(stage)
    if code:
        state_name = LOCKED if any(map(BUSY.search, lines)) else "Failed"
        return Failed(name=state_name, message=f"{stage} {_why(code, lines)}")
    if any(re.fullmatch(rf"(Stage )?'{name}' didn't change, skipping", line) for line in lines):
        return Completed(name=CACHED, message=UNCHANGED)
    if any(re.fullmatch(rf"Stage '{name}' is cached - skipping run, checking out outputs", line) for line in lines):
        return Completed(name=CACHED, message=RESTORED)
    return Completed(message=f"{stage} ran")


def _why(code: int, lines: list[str]) -> str:
    """What ended the stage: a signal, which leaves no error line, or what the error line says."""
    if code == processes.STOPPED:
        return "was stopped with its flow: run it again, and it goes on where it was"
    codes = [int(found[1]) for line in lines if (found := EXIT_CODE.search(line))] or [code]
    number = -codes[-1] if codes[-1] < 0 else codes[-1] - 128  # 128 + signal: of a shell or a supervisor
    if number not in set(signal.Signals):
        return f"failed: {_error_line(code, lines)}"
    own = [line for line in lines if not line.startswith(DVC_PREFIXES)]
    last = f"; its last line was: {own[-1]}" if own else ""
    if number == signal.SIGKILL:
        return f"was killed (signal 9), perhaps for lack of memory: run again, then with --computing-at-once 1{last}"
    return f"was ended by signal {number} ({signal.Signals(number).name}): run again{last}"


def _error_line(code: int, lines: list[str]) -> str:
    """DVC's own error, or else the stage's last line, or else what DVC says of the stage, or the exit code."""
    errors = [line for line in lines if line.startswith("ERROR:")]
    of_dvc = [line for line in errors if not COMMAND_FAILED.search(line)]
    own = [line for line in lines if not line.startswith(DVC_PREFIXES)]
    candidates = of_dvc or own or errors
    return candidates[-1] if candidates else f"exit code {code}"
