"""What every flow does: hold the repository, choose stages, run them, put dvc.lock in order, end in a state that says what became."""

from collections import Counter
from collections.abc import Callable
from typing import Annotated, Any

from prefect import flow
from prefect.client.schemas.objects import State
from prefect.logging import get_run_logger
from prefect.states import Completed, Failed
from prefect.task_runners import ThreadPoolTaskRunner
from pydantic import Field

from flows import lock_order, processes
from flows.artefacts import show
from flows.graph import read_graph
from flows.repository import repository
from flows.schedule import Limits, Run
from flows.server import lost, stop_asking
from psl.errors import PslError
from psl.params_file import read_params
from tasks.stage import PARAMS

AtOnce = Annotated[int, Field(ge=1, le=64)]  # stages at the same time
Computing = Annotated[int, Field(ge=1, le=64)]  # of these, stages that compute on all cores (`meta: {computes: true}`)
AT_ONCE = 2
COMMON = """force: run the stages even if nothing changed
        at_once: stages at the same time
        computing_at_once: of these, stages that compute on all cores
    """  # closes the Args of each flow's docstring, which Prefect's forms show
COMPUTING = 1  # two trainings on the same cores slow each other down far more than twice (docs/LOG.md)


def a_flow(function: Callable[..., State]) -> Any:
    """A flow under the very name of the function, whose limits are its own and not the task runner's."""
    function.__doc__ = f"{(function.__doc__ or '').rstrip()}\n        {COMMON}"
    threads: ThreadPoolTaskRunner[State] = ThreadPoolTaskRunner(max_workers=64)
    return flow(name=function.__name__, task_runner=threads, persist_result=False)(function)  # type: ignore[arg-type]


def reproduce(choose: Callable[[], list[str]], force: bool, at_once: int, computing_at_once: int) -> State:
    """Bring the chosen targets up to date. The state's data is what became of each stage; a fault is one sentence and no traceback."""
    processes.end_with_parent()
    try:
        with repository():
            _check_params()
            stages = read_graph(choose())
            with lock_order.as_serial([stage.name for stage in stages]):
                run = Run(stages, force, Limits(at_once, computing_at_once))
                ends = run.go()
            state = _state(ends)
            if error := lost():
                stop_asking()
                raise PslError(f"Prefect's server went away ({error}) and does not hear of this run: {state.message}")
            if stages:
                show(stages, ends, run.because)
            if state.is_completed():
                lock_order.forget()
            return state
    except PslError as error:
        get_run_logger().error(str(error))
        return Failed(message=str(error), data={})


def _check_params() -> None:
    """Raise PslError for a fault in params.yaml, before DVC names the stages that fail of it; a graph of other stages has no such file."""
    if PARAMS.exists():
        read_params(PARAMS)


def _state(ends: dict[str, str]) -> State:
    named = {end: [name for name in ends if ends[name] == end] for end in ("failed", "not run")}
    if named["failed"]:
        left = f"; not run because of that: {', '.join(named['not run'])}" if named["not run"] else ""
        return Failed(message=f"failed: {', '.join(named['failed'])}{left}", data=ends)
    counted = Counter(ends.values())
    told = ", ".join(f"{counted[end]} {end}" for end in ("ran", "restored", "unchanged") if counted[end])
    return Completed(message=told or "no stages", data=ends)
