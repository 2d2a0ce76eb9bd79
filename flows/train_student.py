"""The flow `train_student`: the student of a window, new or not. `python -m flows.train_student SECONDS`."""

from prefect.client.schemas.objects import State

from flows.command_line import parser_of, run
from flows.windows import Seconds, use_window
from flows.work import AT_ONCE, COMPUTING, AtOnce, Computing, a_flow, reproduce
from tasks.stage import PARAMS


@a_flow
def train_student(window: Seconds, force: bool = False, at_once: AtOnce = AT_ONCE, computing_at_once: Computing = COMPUTING) -> State:
    """Train on the soft labels of windows of so many seconds; a window that params.yaml does not have yet is added to it."""
    return reproduce(lambda: [f"train_student@{use_window(PARAMS, window)}"], force, at_once, computing_at_once)


if __name__ == "__main__":
    parser = parser_of(train_student)
    parser.add_argument("window", type=float, metavar="SECONDS", help="such as 3 or 0.5")
    run(train_student, vars(parser.parse_args()))
