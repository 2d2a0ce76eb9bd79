"""What every flow does: lock the repository, choose stages, run them, order dvc.lock, and return a final state."""

from collections import Counter
from collections.abc import Callable
from typing import Any

from prefect import flow
from prefect.client.schemas.objects import State
from prefect.logging import get_run_logger
from prefect.states import Completed, Failed
from prefect.task_runners import ThreadPoolTaskRunner

from flows import lock_order
from flows.artefacts import create_artefacts
from flows.graph import is_named, read_graph
from flows.limits import MOST_AT_ONCE, Limits
from flows.repository import locked_repository
from flows.run_names import run_name
from flows.schedule import Schedule
from flows.served_run import prepare_served_run
from flows.server import connection_error, disable_retries
from psl.config.file import read_params
from psl.runtime.cores import threads_limit_line
from psl.runtime.errors import PslError
from psl.runtime.writable import require_writable
from tasks.params import require_files
from tasks.stage import PARAMS


class StagesFailed(PslError):
    """A run with stages that failed; `stages` holds the outcome of each stage, with its seconds."""

    def __init__(self, message: str, stages: dict[str, tuple[str, float]]):
        super().__init__(message)
        self.stages = stages


COMMON_ARGS = """force: run the stages that are named even if nothing changed; what they need runs only if it changed
        at_once: stages at the same time
        computing_at_once: of these, stages that compute
    """  # closes the Args of each flow's docstring, which Prefect's forms show


def stage_flow(function: Callable[..., State]) -> Any:
    """Make a flow with the function's name, limited by `at_once` alone: its task runner has threads for any value."""
    function.__doc__ = f"{(function.__doc__ or '').rstrip()}\n        {COMMON_ARGS}"
    threads: ThreadPoolTaskRunner[State] = ThreadPoolTaskRunner(max_workers=MOST_AT_ONCE)
    return flow(name=function.__name__, flow_run_name=run_name, task_runner=threads, persist_result=False)(function)  # type: ignore[arg-type]


def reproduce(choose_targets: Callable[[], list[str]], force: bool, at_once: int, computing_at_once: int) -> State:
    """Bring the chosen targets up to date.

    The state's data is the outcome of each stage, with its seconds; of a failed run, an exception that holds them.
    A user's mistake is one sentence, no traceback.
    """
    prepare_served_run()
    try:
        if line := threads_limit_line():
            get_run_logger().info(line)
        with locked_repository():
            targets = choose_targets()
            if PARAMS.exists():
                require_files(read_params(PARAMS))  # named before DVC names the stages that fail because of it
            stages = read_graph(targets)
            forced = [stage.name for stage in stages if force and is_named(stage.name, targets)]
            if force or any(stage.stale for stage in stages):
                require_writable(place for stage in stages for place in stage.places)
            with lock_order.serial_order([stage.name for stage in stages]):
                schedule = Schedule(stages, forced, Limits(at_once, computing_at_once).within_memory())
                outcomes = schedule.run()
            state = final_state(outcomes, schedule.seconds, schedule.messages())
            if error := connection_error():
                disable_retries()
                raise PslError(f"Prefect's server went away ({error}) and does not know of this run: {state.message}")
            if stages:
                create_artefacts(stages, outcomes, schedule.reasons, schedule.seconds)
            if state.is_completed():
                lock_order.forget_run()
            return state
    except PslError as error:
        get_run_logger().error(str(error))
        return Failed(message=str(error), data=error)


def final_state(outcomes: dict[str, str], seconds: dict[str, float], messages: dict[str, str]) -> State:
    """The state of a run whose stages became what `outcomes` says; its data are these and the seconds of each stage.

    `messages` of the failed stages end its own. The data of a failed state are an exception, as Prefect demands.
    """
    data = {name: (outcome, seconds[name]) for name, outcome in outcomes.items()}
    failed, not_run = ([name for name in outcomes if outcomes[name] == outcome] for outcome in ("failed", "not run"))
    if failed:
        consequence = f"; not run because of that: {', '.join(not_run)}" if not_run else ""
        why = " ".join(f"{messages[name]}." for name in failed)
        error = StagesFailed(f"failed: {', '.join(failed)}{consequence}. {why}", data)
        return Failed(message=str(error), data=error)
    counts = Counter(outcomes.values())
    parts = [f"{counts[outcome]} {outcome}" for outcome in ("ran", "restored", "unchanged") if counts[outcome]]
    return Completed(message=", ".join(parts) or "no stages", data=data)
