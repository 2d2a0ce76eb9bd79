"""Flows from the command line: a server, the flow, one sentence at the end, and an exit code."""

import argparse
import sys
from typing import Any

from flows.server import use_a_server
from flows.work import AT_ONCE, COMPUTING
from psl.errors import ends_in_a_sentence


def parser_of(flow: Any) -> argparse.ArgumentParser:
    """A parser with the options that every flow has."""
    parser = argparse.ArgumentParser(prog=f"python -m flows.{flow.name.replace('-', '_')}", description=flow.description)
    parser.add_argument("--force", action="store_true", help="run the stages even if nothing changed")
    parser.add_argument("--at-once", type=int, default=AT_ONCE, help="stages at the same time (%(default)s)")
    parser.add_argument("--computing-at-once", type=int, default=COMPUTING, help="of these, stages that compute on all cores (%(default)s)")
    return parser


def run(flow: Any, parameters: dict[str, Any]) -> dict[str, str]:
    """Run the flow on the configured server or a temporary one. Ends the program with a sentence when it fails."""
    with ends_in_a_sentence(flow.name):
        use_a_server()
        state = flow(**parameters, return_state=True)
        ends: dict[str, str] = state.result(raise_on_failure=False)
    if not state.is_completed():
        sys.exit(f"{flow.name}: {state.message}")
    return ends
