"""The commands `psl labels`: what becomes of the decisions of an audit."""

from pathlib import Path
from typing import Annotated

import typer

app = typer.Typer(help=__doc__, no_args_is_help=True, pretty_exceptions_enable=False)
Audit = Annotated[Path, typer.Option(help="the folder that `psl audit --out` wrote")]


@app.command()
def apply(
    decisions: Annotated[list[Path], typer.Argument(metavar="DECISIONS...", help="review files with decisions")],
    *,
    audit: Audit,
    out: Annotated[Path, typer.Option(help="the new table of labels, for `psl init --labels`")],
    labels: Annotated[Path | None, typer.Option(help="the table that was audited; none for class folders")] = None,
    strong: Annotated[bool, typer.Option(help="labels of the decided windows instead of all clips")] = False,
) -> None:
    """Make corrected labels of decisions; decisions and labels themselves stay as they are."""
    from psl.audit.apply import ApplyRequest
    from psl.audit.apply import apply as run

    typer.echo(run(ApplyRequest(decisions, audit, labels, out, strong)))
