"""The command line of the flows: `python -m flows COMMAND`; each command imports what it needs only when it runs."""

import argparse
from collections.abc import Callable
from typing import Any

from flows.limits import AT_ONCE, COMPUTING_AT_ONCE
from psl.runtime.errors import exit_with_message

PORT = 4200
CRON = 'when the whole pipeline runs by itself, such as "0 3 * * *" (each night at 3 UTC)'
TARGETS = {"nargs": "*", "metavar": "TARGET", "help": "a stage such as annotate@2, or all of annotate (everything)"}
FORCE = (
    "run the stages that are named (all, without a name) even if nothing changed; what they need runs only if it did"
)
SECONDS = {"type": float, "metavar": "SECONDS", "help": "length of a window, such as 3 or 0.5"}


def main() -> None:
    """Run one command. A mistake ends the program with one sentence and exit code 1, Ctrl-C with 130."""
    options = vars(parser().parse_args())
    command, run = options.pop("command"), options.pop("run")
    with exit_with_message(command):
        run(**options)


def parser() -> argparse.ArgumentParser:
    """All commands with their options."""
    top = argparse.ArgumentParser(prog="python -m flows", description="DVC's stages, run and shown by Prefect.")
    commands = top.add_subparsers(dest="command", required=True, metavar="COMMAND")

    def add(name: str, run: Callable[..., None], description: str) -> argparse.ArgumentParser:
        command = commands.add_parser(name, help=description, description=description)
        command.set_defaults(run=run)
        return command

    def add_flow(name: str, description: str, argument: str, options: dict[str, Any]) -> argparse.ArgumentParser:
        command = add(name, lambda **parameters: _run(name, parameters), description)
        command.add_argument(argument, **options)
        _add_limits(command)
        return command

    add_flow("pipeline", "bring stages and all that they need up to date", "targets", TARGETS)
    add_flow("ci", "as pipeline, and print a line for each stage", "targets", TARGETS)
    add_flow("annotate", "label every window of so many seconds", "window", SECONDS)
    add_flow("train_student", "train the student of windows of so many seconds", "window", SECONDS)
    model = {"metavar": "MODEL", "help": "a key of `students` in params.yaml, such as 2 or weak; or annotator"}
    add_flow("evaluate", "evaluate one model", "model", model)
    add_flow(
        "sweep", "train and evaluate a student of each window, and draw the report", "windows", SECONDS | {"nargs": "+"}
    )
    preset = {"metavar": "PRESET", "help": "a file of presets/ without .yaml, such as quick"}
    add_flow("preset", "write params.yaml from a preset, and run everything", "preset", preset)
    folder = {"metavar": "FOLDER", "help": "recordings; one folder a class unless --labels is given"}
    own_data = add_flow("own_data", "make a corpus of your recordings, and run everything", "folder", folder)
    own_data.add_argument("--labels", help="CSV: file, labels (separated by ;)")
    verify = add("verify", _verify, "hash every file in DVC's cache again, and name the damaged ones with their stages")
    verify.add_argument("--delete", action="store_true", help="remove them, so that the next run makes them anew")
    add("serve", _serve, "offer the flows on the server of PREFECT_API_URL").add_argument("--cron", help=CRON)
    ui = add("ui", _open_ui, "start Prefect's server with every flow as a form, until Ctrl-C")
    ui.add_argument("--port", type=int, default=PORT, help="on this machine only (%(default)s)")
    ui.add_argument("--cron", help=CRON)
    return top


def _add_limits(command: argparse.ArgumentParser) -> None:
    command.add_argument("--force", action="store_true", help=FORCE)
    command.add_argument("--at-once", type=int, default=AT_ONCE, help="stages at the same time (%(default)s)")
    command.add_argument(
        "--computing-at-once",
        type=int,
        default=COMPUTING_AT_ONCE,
        help="of these, stages that compute (%(default)s)",
    )


def _run(command: str, parameters: dict[str, Any]) -> None:
    from flows.run_flow import run_and_exit

    run_and_exit(command, parameters)


def _verify(delete: bool) -> None:
    from flows.verify import verify

    verify(delete)


def _serve(cron: str | None) -> None:
    from flows.serve import serve_flows

    serve_flows(cron)


def _open_ui(port: int, cron: str | None) -> None:
    from flows.serve import serve_ui

    serve_ui(port, cron)


if __name__ == "__main__":
    main()
