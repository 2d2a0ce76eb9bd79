"""One command for CI: `python -m flows.ci [TARGET ...]` runs what a change touches, and prints a line for each stage.

It exits with 1 and the names of the stages that failed; other branches have run to their end.
"""

from prefect.client.schemas.objects import State

from flows.command_line import call, finish, parser_of
from flows.pipeline import pipeline

ORDER = ("failed", "not run", "ran", "restored", "unchanged")


def table(ends: dict[str, str]) -> str:
    """What became of each stage, the failed ones first."""
    width = max(map(len, ORDER))
    return "\n".join(f"{end:{width}}  {name}" for end in ORDER for name in ends if ends[name] == end)


def main() -> None:
    """Run the pipeline and say what became of it."""
    parser = parser_of(pipeline)
    parser.prog = "python -m flows.ci"
    parser.add_argument("targets", nargs="*", metavar="TARGET", help="a stage such as annotate@2, or all of annotate")
    state: State[dict[str, str]] = call(pipeline, vars(parser.parse_args()))
    ends = state.result(raise_on_failure=False)
    if isinstance(ends, dict):
        print(table(ends))
    finish(pipeline, state)


if __name__ == "__main__":
    main()
