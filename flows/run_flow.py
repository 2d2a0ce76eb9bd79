"""One run of a flow from the command line: a server, the flow, one sentence at the end, and an exit code."""

import sys
from collections.abc import Sequence
from typing import Any

import httpx
from prefect.client.schemas.objects import State
from prefect.exceptions import ParameterTypeError
from prefect.logging import get_logger

from flows.nothing_to_do import unchanged_stages
from flows.reproduce import final_state
from flows.server import configured_url, ensure_server
from flows.stage_flows import FLOWS, pipeline
from psl.runtime.errors import PslError
from psl.runtime.progress import log

ORDER = ("failed", "not run", "ran", "restored", "unchanged")


def run_and_exit(command: str, parameters: dict[str, Any]) -> None:
    """Run the flow of a command; end the program with its state's sentence and exit code 1 unless all went well.

    The command `ci` is the flow `pipeline`, and prints what became of each stage.
    """
    flow = pipeline if command == "ci" else FLOWS[command]
    state = run(flow, parameters)
    outcomes = state.result(raise_on_failure=False)
    if command == "ci" and isinstance(outcomes, dict):
        print(outcome_table(outcomes))
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
    state = final_state({stage.name: "unchanged" for stage in stages})
    log(f"pipeline: {state.message}; nothing had to run, so no server was started to show it")
    return state


def outcome_table(outcomes: dict[str, str]) -> str:
    """A line for each stage with its outcome, the failed ones first.

    >>> print(outcome_table({"a": "ran", "b": "failed"}))
    failed     b
    ran        a
    """
    width = max(map(len, ORDER))
    return "\n".join(
        f"{outcome:{width}}  {name}" for outcome in ORDER for name in outcomes if outcomes[name] == outcome
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
