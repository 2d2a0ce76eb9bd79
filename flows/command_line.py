"""Flows from the command line: a server, the flow, one sentence at the end, and an exit code."""

import argparse
import sys
from typing import Any

import httpx
from prefect.client.schemas.objects import State
from prefect.exceptions import ParameterTypeError
from prefect.logging import get_logger

from flows.server import use_a_server
from flows.work import AT_ONCE, COMPUTING
from psl.errors import PslError, ends_in_a_sentence


def parser_of(flow: Any) -> argparse.ArgumentParser:
    """A parser with the options that every flow has."""
    parser = argparse.ArgumentParser(prog=f"python -m flows.{flow.name}", description=flow.description.split("\n")[0])
    parser.add_argument("--force", action="store_true", help="run the stages even if nothing changed")
    parser.add_argument("--at-once", type=int, default=AT_ONCE, help="stages at the same time (%(default)s)")
    parser.add_argument("--computing-at-once", type=int, default=COMPUTING, help="of these, stages that compute on all cores (%(default)s)")
    return parser


def call(flow: Any, parameters: dict[str, Any]) -> State:
    """Run the flow on the configured server or a temporary one; its final state.

    A sentence ends the program when a parameter is out of its range or there is no server.
    """
    with ends_in_a_sentence(flow.name):
        _check(flow, parameters)
        use_a_server()
        try:
            return flow(**parameters, return_state=True)
        except httpx.TransportError as error:
            raise PslError(f"Prefect's server went away ({error}): what the stages did is kept; see above, and run again") from None


def _check(flow: Any, parameters: dict[str, Any]) -> None:
    """Raise PslError for a parameter out of its range, before there is a server; Prefect's logger would say it in a traceback's words."""
    logger = get_logger("flows")
    try:
        logger.disabled = True
        flow.validate_parameters(parameters)
    except ParameterTypeError as error:
        faults = [line.removeprefix(" - ") for line in str(error).splitlines()[1:]]
        raise PslError("; ".join(faults).replace("Input should", "it should")) from None
    finally:
        logger.disabled = False


def main(flow: Any, *argument: str, **options: Any) -> None:
    """Run the flow with the command line's parameters, one of which is the given argument. Ends with a sentence when it fails."""
    parser = parser_of(flow)
    parser.add_argument(*argument, **options)
    finish(flow, call(flow, vars(parser.parse_args())))


def finish(flow: Any, state: State) -> None:
    """End the program with the state's sentence unless all is well."""
    if not state.is_completed():
        sys.exit(f"{flow.name}: {' '.join((state.message or 'failed').split())}")
