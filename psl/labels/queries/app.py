"""The commands of `psl labels` that ask the label store."""

from pathlib import Path
from typing import Annotated, Literal

import typer

app = typer.Typer(no_args_is_help=True)
NAMES = {"ignore_unknown_options": True}  # an id that begins with - is an id
Store = Annotated[Path, typer.Option(help="the label store")]
Above = Annotated[float, typer.Option(min=0.0, max=1.0, help="a class is there when its probability is above")]
Window = Annotated[
    str | None, typer.Option(help="key of a student, whose windows these are", show_default="the shortest windows")
]
OfClass = Annotated[str | None, typer.Option("--class", help="name or id of one class", show_default="all classes")]
Format = Annotated[
    Literal["table", "csv", "parquet"] | None, typer.Option(help="of the rows", show_default="table, or that of --out")
]
Out = Annotated[Path | None, typer.Option(help="a new file, .csv or .parquet", show_default="print")]
Limit = Annotated[int | None, typer.Option(min=1, help="most rows", show_default="20 of a printed table, all else")]
STORE = Path("data/labels.duckdb")


@app.command()
def counts(
    *,
    above: Annotated[Literal["10", "20", "30", "40", "50"], typer.Option(help="per cent of probability")] = "30",
    store: Store = STORE,
    format: Format = None,
    out: Out = None,
    limit: Limit = None,
) -> None:
    """How many labels windows have, for each window length."""
    from psl.labels.queries import recipes
    from psl.labels.queries.ask import Asked
    from psl.labels.queries.show import Shown

    with Asked(store) as asked:
        asked.answer(recipes.COUNTS.format(percent=above), Shown(format, out, limit))


@app.command()
def missing(
    *,
    window: Window = None,
    above: Above = 0.5,
    name: OfClass = None,
    store: Store = STORE,
    format: Format = None,
    out: Out = None,
    limit: Limit = None,
) -> None:
    """Which clips have a class that their weak labels lack, the surest first."""
    from psl.labels.queries import recipes
    from psl.labels.queries.ask import Asked, require_stored
    from psl.labels.queries.show import Shown

    require_stored(above)
    with Asked(store) as asked:
        wanted = {"window": asked.window_key(window), "above": above, "name": asked.name_of(name)}
        asked.answer(recipes.MISSING, Shown(format, out, limit), **wanted)


@app.command()
def contradictions(
    *,
    window: Window = None,
    below: Annotated[float, typer.Option(min=0.0, max=1.0, help="highest probability of the clip's windows")] = 0.1,
    name: OfClass = None,
    store: Store = STORE,
    format: Format = None,
    out: Out = None,
    limit: Limit = None,
) -> None:
    """Which weak labels no window of their clip confirms, the least likely first."""
    from psl.labels.queries import recipes
    from psl.labels.queries.ask import Asked
    from psl.labels.queries.show import Shown

    with Asked(store) as asked:
        wanted = {"window": asked.window_key(window), "below": below, "name": asked.name_of(name)}
        asked.answer(recipes.CONTRADICTIONS, Shown(format, out, limit), **wanted)


@app.command()
def cooccurrence(
    *,
    window: Window = None,
    above: Above = 0.3,
    name: OfClass = None,
    store: Store = STORE,
    format: Format = None,
    out: Out = None,
    limit: Limit = None,
) -> None:
    """Which classes occur together in a window, the most frequent pairs first."""
    from psl.labels.queries import recipes
    from psl.labels.queries.ask import Asked
    from psl.labels.queries.show import Shown

    with Asked(store) as asked:
        wanted = {"window": asked.window_key(window), "above": above, "name": asked.name_of(name)}
        asked.answer(recipes.COOCCURRENCE, Shown(format, out, limit), **wanted)


@app.command(context_settings=NAMES)
def compare(
    first: Annotated[str, typer.Argument(help="key of a student")],
    second: Annotated[str, typer.Argument(help="key of another one")],
    *,
    above: Above = 0.3,
    store: Store = STORE,
    format: Format = None,
    out: Out = None,
    limit: Limit = None,
) -> None:
    """In how many clips two sets of windows have each class, over the clips of both."""
    from psl.labels.queries import recipes
    from psl.labels.queries.ask import Asked, require_stored
    from psl.labels.queries.show import Shown

    require_stored(above)
    with Asked(store) as asked:
        keys = {"first": asked.window_key(first), "second": asked.window_key(second)}
        asked.answer(recipes.COMPARE, Shown(format, out, limit), **keys, above=above)


@app.command(context_settings=NAMES)
def clip(
    clip_id: Annotated[str, typer.Argument(metavar="ID", help="of the clip, as in the manifest; it may begin with -")],
    *,
    above: Above = 0.3,
    store: Store = STORE,
    format: Format = None,
    out: Out = None,
) -> None:
    """All that is known of one clip: where it lies, its weak labels, true events, and the labels of its windows."""
    from psl.labels.queries import recipes
    from psl.labels.queries.ask import Asked
    from psl.labels.queries.show import ALL, Shown

    with Asked(store) as asked:
        typer.echo(asked.about_clip(clip_id), err=True)
        asked.answer(recipes.CLIP, Shown(format, out, ALL), clip=clip_id, above=above)


@app.command()
def export(
    *,
    window: Window = None,
    above: Above = 0.3,
    store: Store = STORE,
    format: Format = None,
    out: Out = None,
    limit: Limit = None,
) -> None:
    """The soft labels of all windows, with their times."""
    from psl.labels.queries import recipes
    from psl.labels.queries.ask import Asked
    from psl.labels.queries.show import Shown

    with Asked(store) as asked:
        wanted = {"window": asked.window_key(window), "above": above}
        asked.answer(recipes.EXPORT, Shown(format, out, limit), **wanted)


@app.command(context_settings=NAMES)
def sql(
    query: Annotated[str, typer.Argument(help="a SELECT; docs/label_store.md has the tables and views")],
    *,
    store: Store = STORE,
    format: Format = None,
    out: Out = None,
    limit: Limit = None,
) -> None:
    """Any other question, in SQL that reads."""
    from psl.labels.queries.ask import Asked
    from psl.labels.queries.show import Shown

    with Asked(store) as asked:
        asked.sql(query, Shown(format, out, limit))
