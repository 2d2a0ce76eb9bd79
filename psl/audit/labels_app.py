"""The commands `psl labels`: questions to the label store, and what becomes of the decisions of an audit."""

from pathlib import Path
from typing import Annotated, Literal

import typer

from psl.labels.queries.app import app as questions

app = typer.Typer(help=__doc__, no_args_is_help=True, pretty_exceptions_enable=False)
app.add_typer(questions)
Program = Annotated[Literal["audacity", "raven", "label_studio"], typer.Option(help="whose files")]
Audit = Annotated[Path, typer.Option(help="the folder that `psl audit --out` wrote")]


@app.command()
def apply(
    decisions: Annotated[list[Path], typer.Argument(metavar="DECISIONS...", help="review files with decisions")],
    *,
    audit: Audit,
    out: Annotated[Path, typer.Option(help="the new table of labels, for `psl init --labels`")],
    labels: Annotated[Path | None, typer.Option(help="the table that was audited; none for class folders")] = None,
    strong: Annotated[bool, typer.Option("--strong", help="labels of the decided windows, not of all clips")] = False,
) -> None:
    """Make corrected labels of decisions; decisions and labels themselves stay as they are."""
    from psl.audit.apply import ApplyRequest
    from psl.audit.apply import apply as run

    typer.echo(run(ApplyRequest(decisions, audit, labels, out, strong)))


@app.command()
def export_queue(
    audit: Annotated[Path, typer.Argument(help="the folder that `psl audit --out` wrote")],
    *,
    program: Program,
    out: Annotated[Path, typer.Option(help="a new folder")],
) -> None:
    """Write an audit's queue for another program: label tracks, selection tables, or tasks."""
    from psl.audit.transfer import export_queue as run

    typer.echo(run(audit, program, out))


@app.command()
def import_decisions(
    files: Annotated[list[Path], typer.Argument(metavar="FILE...", help="what the program saved; folders of it, too")],
    *,
    audit: Audit,
    program: Program,
    out: Annotated[Path, typer.Option(help="a new review file, for psl labels apply")],
    by: Annotated[str, typer.Option(help="who decided, where the files do not say so")] = "",
) -> None:
    """Read decisions that were made in another program."""
    from psl.audit.transfer import import_decisions as run

    typer.echo(run(files, audit, program, out, by=by))
