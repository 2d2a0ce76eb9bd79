"""The flow `sweep`: windows compared. `python -m flows.sweep SECONDS ...`."""

from prefect.client.schemas.objects import State

from flows.command_line import parser_of, run
from flows.windows import Seconds, use_window
from flows.work import AT_ONCE, COMPUTING, AtOnce, Computing, a_flow, reproduce
from tasks.stage import PARAMS


@a_flow
def sweep(windows: list[Seconds], force: bool = False, at_once: AtOnce = AT_ONCE, computing_at_once: Computing = COMPUTING) -> State:
    """Train and score a student of each window, and draw the report over all; windows that params.yaml does not have yet are added."""
    return reproduce(
        lambda: [*(f"evaluate@{use_window(PARAMS, window)}" for window in windows), "report"], force, at_once, computing_at_once
    )


if __name__ == "__main__":
    parser = parser_of(sweep)
    parser.add_argument("windows", type=float, nargs="+", metavar="SECONDS", help="such as 3 2 0.5")
    run(sweep, vars(parser.parse_args()))
