"""Options that several commands of `psl` share, each written once: a command takes all of them as its `options`."""

import inspect
from collections.abc import Callable
from dataclasses import dataclass, fields
from functools import wraps
from typing import Annotated, Any, Literal, get_type_hints

import typer


@dataclass(frozen=True)
class WindowOptions:
    """How a model hears recordings."""

    window: Annotated[float | None, typer.Option(help="seconds", show_default="what the model was trained on")] = None
    hop: Annotated[float | None, typer.Option(help="seconds between windows", show_default="as in training")] = None
    workers: Annotated[int, typer.Option(min=0, help="recordings at once; 0 is one per core")] = 0
    device: Annotated[Literal["auto", "cpu", "cuda"], typer.Option(help="auto is a GPU where there is one")] = "auto"


@dataclass(frozen=True)
class EventOptions(WindowOptions):
    """The same, and what counts as heard."""

    threshold: Annotated[
        str | None,
        typer.Option(
            help="a number, or a CSV with the columns class, threshold", show_default="those of the model, or 0.5"
        ),
    ] = None
    median: Annotated[float, typer.Option(help="seconds of the median filter, for events")] = 0.0
    hysteresis: Annotated[
        float, typer.Option(help="an event lasts while its score is above this share of its threshold")
    ] = 1.0
    min_length: Annotated[float, typer.Option(help="seconds; shorter events are left out")] = 0.0
    max_gap: Annotated[float, typer.Option(help="seconds; events with no longer gap between them are one")] = 0.0


def with_options(command: Callable[..., None]) -> Callable[..., None]:
    """A command for typer that has the fields of the dataclass `options`, a parameter of this one, as options."""
    hints = get_type_hints(command, include_extras=True)
    made = hints.pop("options")
    own = [each for each in inspect.signature(command).parameters.values() if each.name != "options"]
    hints |= get_type_hints(made, include_extras=True)
    shared = [
        inspect.Parameter(each.name, inspect.Parameter.KEYWORD_ONLY, default=each.default) for each in fields(made)
    ]

    @wraps(command)
    def run(**values: Any) -> None:
        command(options=made(**{each.name: values.pop(each.name) for each in shared}), **values)

    run.__annotations__ = hints
    parameters = [each.replace(annotation=hints[each.name]) for each in (*own, *shared)]
    run.__signature__ = inspect.Signature(parameters)  # type: ignore[attr-defined]
    return run
