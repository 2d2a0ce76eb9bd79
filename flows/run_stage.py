"""One stage of DVC as one Prefect task: `dvc repro -s NAME`, its lines in the run's log, its end as a state with a reason."""

import os
import re
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

from prefect import task
from prefect.cache_policies import NO_CACHE
from prefect.client.schemas.objects import State, TaskRun
from prefect.context import TaskRunContext
from prefect.logging import get_run_logger
from prefect.states import Cancelled, Completed, Failed

from flows import processes
from flows.graph import Stage
from flows.orphans import REPOSITORY
from flows.server import configured
from flows.sweep_runs import crash_below
from tasks.shard_book import PARENT

DVC = (sys.executable, "-m", "flows.whole_dvc")
CACHED, LOCKED, SKIPPED = "Cached", "Locked", "Skipped"  # names of states
UNCHANGED = "unchanged: nothing that this stage depends on changed"
RESTORED = "restored: DVC had run it on the same inputs before"
LOCK_RETRIES = 5
BUSY = re.compile(r"is busy, it is being blocked by|Unable to acquire lock")


def may_retry(asked: Any, run: TaskRun, state: State) -> bool:
    """Only DVC's locks, and stages that say in dvc.yaml that trying again can help."""
    return run.run_count <= (LOCK_RETRIES if state.name == LOCKED else asked.retries - LOCK_RETRIES)


def task_for(stage: Stage) -> Any:
    """The task that runs this stage, under the stage's name."""
    return run_stage.with_options(task_run_name=stage.name.replace("{", "{{"), retries=stage.retries + LOCK_RETRIES)


@task(cache_policy=NO_CACHE, persist_result=False, retry_delay_seconds=1, retry_condition_fn=may_retry)
def run_stage(stage: str, because: list[str], force: bool = False, unchanged: bool = False, failed: list[str] | None = None) -> State:
    """Run a stage unless it is known to be `unchanged`, or stages that it needs `failed`. `because`: why it may have to run."""
    log = get_run_logger()
    if failed:
        return Cancelled(name=SKIPPED, message=f"not run, because {', '.join(failed)} failed")
    if unchanged:
        return Completed(name=CACHED, message=UNCHANGED)
    log.info("runs, because %s", "; ".join(because))
    command = [*DVC, "--wait-for-lock", "repro", "--single-item", *(["--force"] if force else []), stage]
    environment = _environment()
    code, lines = processes.run(command, environment, log.info)
    if code and (run := environment[PARENT]):
        crash_below(run)
    return outcome(stage, code, lines)


def _environment() -> dict[str, str | None]:
    """This Python for `python` in dvc.yaml, whose stage it is, and where it hangs runs of its own, unless the server is temporary."""
    context, server = TaskRunContext.get(), configured()
    path = f"{Path(sys.executable).parent}{os.pathsep}{os.environ.get('PATH', os.defpath)}"
    parent = str(context.task_run.id) if context and server else None
    return {"PATH": path, REPOSITORY: os.getcwd(), PARENT: parent, "PREFECT_API_URL": server}


def outcome(stage: str, code: int, lines: list[str]) -> State:
    """The state that DVC's exit code and lines say."""
    name = re.escape(stage)
    if code:
        return Failed(name=LOCKED if any(map(BUSY.search, lines)) else "Failed", message=f"{stage} failed: {_said(code, lines)}")
    if any(re.fullmatch(rf"(Stage )?'{name}' didn't change, skipping", line) for line in lines):
        return Completed(name=CACHED, message=UNCHANGED)
    if any(re.fullmatch(rf"Stage '{name}' is cached - skipping run, checking out outputs", line) for line in lines):
        return Completed(name=CACHED, message=RESTORED)
    return Completed(message=f"{stage} ran")


def _said(code: int, lines: list[str]) -> str:
    """The stage's own last words, or DVC's, or the exit code."""
    own: Callable[[str], bool] = lambda line: not line.startswith(("ERROR:", "Running stage", ">", "Use `dvc"))  # noqa: E731
    words = [line for line in lines if own(line)] or [line for line in lines if line.startswith("ERROR:")]
    return words[-1] if words else f"exit code {code}"
