"""The commands of `psl labels` that ask the label store."""

from dataclasses import dataclass
from pathlib import Path
from typing import Annotated, Literal

import typer

from psl.cli_options import with_options

app = typer.Typer(no_args_is_help=True)
NAMES = {"ignore_unknown_options": True}  # an id that begins with - is an id
Above = Annotated[float, typer.Option(min=0.0, max=1.0, help="a class is there when its probability is above")]
Window = Annotated[
    str | None, typer.Option(help="key of a student, whose windows these are", show_default="the shortest windows")
]
OfClass = Annotated[str | None, typer.Option("--class", help="name or id of one class", show_default="all classes")]


@dataclass(frozen=True)
class StoreOptions:
    """Which store is asked, and how the rows are shown."""

    store: Annotated[Path, typer.Option(help="the label store")] = Path("data/labels.duckdb")
    format: Annotated[
        Literal["table", "csv", "parquet"] | None,
        typer.Option(help="of the rows", show_default="table, or that of --out"),
    ] = None
    out: Annotated[Path | None, typer.Option(help="a new file, .csv or .parquet", show_default="print")] = None


@dataclass(frozen=True)
class RowOptions(StoreOptions):
    """The same, and how many rows."""

    limit: Annotated[
        int | None, typer.Option(min=1, help="most rows", show_default="20 of a printed table, all else")
    ] = None


@app.command()
@with_options
def counts(
    *,
    above: Annotated[Literal["10", "20", "30", "40", "50"], typer.Option(help="per cent of probability")] = "30",
    options: RowOptions,
) -> None:
    """How many labels windows have, for each window length."""
    from psl.labels.queries import recipes
    from psl.labels.queries.ask import Asked
    from psl.labels.queries.show import Shown

    with Asked(options.store) as asked:
        asked.answer(recipes.COUNTS.format(percent=above), Shown(options.format, options.out, options.limit))


@app.command()
@with_options
def missing(
    *,
    window: Window = None,
    above: Above = 0.5,
    name: OfClass = None,
    options: RowOptions,
) -> None:
    """Which clips have a class that their weak labels lack, the surest first."""
    from psl.labels.queries import recipes
    from psl.labels.queries.ask import Asked, require_stored
    from psl.labels.queries.show import Shown

    require_stored(above)
    with Asked(options.store) as asked:
        wanted = {"window": asked.window_key(window), "above": above, "name": asked.name_of(name)}
        asked.answer(recipes.MISSING, Shown(options.format, options.out, options.limit), **wanted)


@app.command()
@with_options
def contradictions(
    *,
    window: Window = None,
    below: Annotated[float, typer.Option(min=0.0, max=1.0, help="highest probability of the clip's windows")] = 0.1,
    name: OfClass = None,
    options: RowOptions,
) -> None:
    """Which weak labels no window of their clip confirms, the least likely first."""
    from psl.labels.queries import recipes
    from psl.labels.queries.ask import Asked
    from psl.labels.queries.show import Shown

    with Asked(options.store) as asked:
        wanted = {"window": asked.window_key(window), "below": below, "name": asked.name_of(name)}
        asked.answer(recipes.CONTRADICTIONS, Shown(options.format, options.out, options.limit), **wanted)


@app.command()
@with_options
def cooccurrence(
    *,
    window: Window = None,
    above: Above = 0.3,
    name: OfClass = None,
    options: RowOptions,
) -> None:
    """Which classes occur together in a window, the most frequent pairs first."""
    from psl.labels.queries import recipes
    from psl.labels.queries.ask import Asked
    from psl.labels.queries.show import Shown

    with Asked(options.store) as asked:
        wanted = {"window": asked.window_key(window), "above": above, "name": asked.name_of(name)}
        asked.answer(recipes.COOCCURRENCE, Shown(options.format, options.out, options.limit), **wanted)


@app.command(context_settings=NAMES)
@with_options
def compare(
    first: Annotated[str, typer.Argument(help="key of a student")],
    second: Annotated[str, typer.Argument(help="key of another one")],
    *,
    above: Above = 0.3,
    options: RowOptions,
) -> None:
    """In how many clips two sets of windows have each class, over the clips of both."""
    from psl.labels.queries import recipes
    from psl.labels.queries.ask import Asked, require_stored
    from psl.labels.queries.show import Shown

    require_stored(above)
    with Asked(options.store) as asked:
        keys = {"first": asked.window_key(first), "second": asked.window_key(second)}
        asked.answer(recipes.COMPARE, Shown(options.format, options.out, options.limit), **keys, above=above)


@app.command(context_settings=NAMES)
@with_options
def clip(
    clip_id: Annotated[str, typer.Argument(metavar="ID", help="of the clip, as in the manifest; it may begin with -")],
    *,
    above: Above = 0.3,
    options: StoreOptions,
) -> None:
    """All that is known of one clip: where it lies, its weak labels, true events, and the labels of its windows."""
    from psl.labels.queries import recipes
    from psl.labels.queries.ask import Asked
    from psl.labels.queries.show import ALL, Shown

    with Asked(options.store) as asked:
        typer.echo(asked.about_clip(clip_id), err=True)
        asked.answer(recipes.CLIP, Shown(options.format, options.out, ALL), clip=clip_id, above=above)


@app.command()
@with_options
def export(
    *,
    window: Window = None,
    above: Above = 0.3,
    options: RowOptions,
) -> None:
    """The soft labels of all windows, with their times."""
    from psl.labels.queries import recipes
    from psl.labels.queries.ask import Asked
    from psl.labels.queries.show import Shown

    with Asked(options.store) as asked:
        wanted = {"window": asked.window_key(window), "above": above}
        asked.answer(recipes.EXPORT, Shown(options.format, options.out, options.limit), **wanted)


@app.command(context_settings=NAMES)
@with_options
def sql(
    query: Annotated[str, typer.Argument(help="a SELECT; docs/label_store.md has the tables and views")],
    *,
    options: RowOptions,
) -> None:
    """Any other question, in SQL that reads."""
    from psl.labels.queries.ask import Asked
    from psl.labels.queries.show import Shown

    with Asked(options.store) as asked:
        asked.sql(query, Shown(options.format, options.out, options.limit))
