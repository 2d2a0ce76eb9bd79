"""The flow `evaluate`: the scores of one model. `python -m flows.evaluate MODEL`."""

from prefect.client.schemas.objects import State

from flows.command_line import parser_of, run
from flows.work import AT_ONCE, COMPUTING, AtOnce, Computing, a_flow, reproduce


@a_flow
def evaluate(model: str, force: bool = False, at_once: AtOnce = AT_ONCE, computing_at_once: Computing = COMPUTING) -> State:
    """Score a model of params.yaml: a window's key such as 2, weak, or annotator. It is trained first if it must be."""
    return reproduce(lambda: [f"evaluate@{model}"], force, at_once, computing_at_once)


if __name__ == "__main__":
    parser = parser_of(evaluate)
    parser.add_argument("model", metavar="MODEL", help="a key of `models` in params.yaml, such as 2, weak or annotator")
    run(evaluate, vars(parser.parse_args()))
