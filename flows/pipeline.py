"""The flow `pipeline`: `python -m flows.pipeline [TARGET ...] [--force]` is `dvc repro`, in parallel and watched."""

from prefect.client.schemas.objects import State

from flows.command_line import parser_of, run
from flows.work import AT_ONCE, COMPUTING, AtOnce, Computing, a_flow, reproduce


@a_flow
def pipeline(
    targets: list[str] = [],  # noqa: B006 (Prefect's form shows it, nothing changes it)
    force: bool = False,
    at_once: AtOnce = AT_ONCE,
    computing_at_once: Computing = COMPUTING,
) -> State:
    """Bring stages up to date, with all that they need: `annotate@2`, all of `annotate`, or everything when no target is given."""
    return reproduce(lambda: targets, force, at_once, computing_at_once)


if __name__ == "__main__":
    parser = parser_of(pipeline)
    parser.add_argument("targets", nargs="*", metavar="TARGET", help="a stage such as annotate@2, or all of annotate")
    run(pipeline, vars(parser.parse_args()))
