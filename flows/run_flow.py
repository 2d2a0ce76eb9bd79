"""One run of a flow from the command line: a server, the flow, one sentence at the end, and an exit code."""

import sys
import time
from collections.abc import Sequence
from typing import Any

import httpx
from prefect.client.schemas.objects import State
from prefect.exceptions import ParameterTypeError
from prefect.logging import get_logger

from flows.nothing_to_do import unchanged_stages
from flows.reproduce import StagesFailed, final_state
from flows.server import configured_url, ensure_server
from flows.stage_flows import FLOWS, pipeline
from psl.runtime.errors import PslError
from psl.runtime.progress import log

ORDER = ("failed", "not run", "ran", "restored", "unchanged")


def run_and_exit(command: str, parameters: dict[str, Any]) -> None:
    """Run the flow of a command, and print what became of each stage, and in which time.

    The program ends with its state's sentence and exit code 1 unless all went well. `ci` is the flow `pipeline`.
    """
    began = time.monotonic()
    flow = pipeline if command == "ci" else FLOWS[command]
    state = run(flow, parameters)
    ended = state.result(raise_on_failure=False)
    stages = ended.stages if isinstance(ended, StagesFailed) else ended
    if isinstance(stages, dict):
        print(outcome_table(stages), flush=True)
        work = sum(seconds for _, seconds in stages.values())
        log(f"{flow.name}: {time.monotonic() - began:.0f} s in all, for {work:.0f} s of stages, which ran side by side")
    if not state.is_completed():
        sys.exit(f"{flow.name}: {' '.join((state.message or 'failed').split())}")


def run(flow: Any, parameters: dict[str, Any]) -> State:
    """The final state of the flow, run on the configured server or a temporary one.

    Without a configured server a pipeline with nothing to do ends at once: starting one takes longer than all else.

    Raises PslError when a parameter is out of its range or there is no server.
    """
    _check_parameters(flow, parameters)
    if flow is pipeline and configured_url() is None and (state := _nothing_to_do(**parameters)):
        return state
    ensure_server()
    try:
        return flow(**parameters, return_state=True)
    except httpx.TransportError as error:
        raise PslError(
            f"Prefect's server went away ({error}): what the stages did is kept; see above, and run again"
        ) from None


def _nothing_to_do(targets: Sequence[str] = (), force: bool = False, **_limits: int) -> State | None:
    """The state in which the pipeline would end, if no stage has to run."""
    stages = None if force else unchanged_stages(targets)
    if stages is None:
        return None
    state = final_state({stage.name: "unchanged" for stage in stages}, {stage.name: 0.0 for stage in stages}, {})
    log("pipeline: nothing had to run, so no server was started to show it")
    return state


def outcome_table(stages: dict[str, tuple[str, float]]) -> str:
    """A line for each stage with its outcome and seconds: the failed ones first, then those that took longest.

    >>> print(outcome_table({"a": ("ran", 2.0), "b@10": ("failed", 0.5), "c": ("ran", 61.0)}))
    failed     b@10      0.5 s
    ran        c        61.0 s
    ran        a         2.0 s
    """
    widths = max(map(len, ORDER)), max(map(len, stages), default=0)
    rows = sorted((ORDER.index(outcome), -round(seconds, 1), name) for name, (outcome, seconds) in stages.items())
    return "\n".join(
        f"{ORDER[number]:{widths[0]}}  {name:{widths[1]}} {-negative:8.1f} s" for number, negative, name in rows
    )


def _check_parameters(flow: Any, parameters: dict[str, Any]) -> None:
    """Raise PslError for a parameter out of its range, before a server starts and without Prefect's traceback."""
    logger = get_logger("flows")
    try:
        logger.disabled = True
        flow.validate_parameters(parameters)
    except ParameterTypeError as error:
        faults = [line.removeprefix(" - ") for line in str(error).splitlines()[1:]]
        raise PslError("; ".join(faults).replace("Input should", "it should")) from None
    finally:
        logger.disabled = False
