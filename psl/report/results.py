"""The results of all models in the order they are read in: annotator, weak labels, then windows from long to short."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from psl.model_names import Model, display_name
from psl.params import Annotator, WeakStudent, Window
from psl.pictures import ANNOTATOR_COLOUR, WEAK_COLOUR, WINDOW_COLOURS

DASH = "\N{EN DASH}"


@dataclass(frozen=True)
class Result:
    """One model: its key, how it is called and drawn, and the flat numbers of its evaluation (psl.evaluation)."""

    key: str
    name: str
    colour: str
    model: Model
    numbers: Mapping[str, Any]
    share: float | None  # of the annotator's mAP; None without one


def in_order(models: Mapping[str, Model]) -> list[str]:
    """Keys of the models: annotator, weak labels, windows from long to short."""
    return sorted(models, key=lambda key: _rank(models[key]))


def results(models: Mapping[str, Model], evaluations: Mapping[str, Mapping[str, Any]]) -> list[Result]:
    """The results of all `models`, in order; `evaluations` holds the numbers of each key."""
    keys = in_order(models)
    colours = model_colours(models)
    reference = next((evaluations[key]["mAP"] for key in keys if isinstance(models[key], Annotator)), None)
    return [
        Result(key, display_name(models[key]), colours[key], models[key], evaluations[key], _share(evaluations[key]["mAP"], reference))
        for key in keys
    ]


def table(rows: list[Result]) -> list[dict[str, str]]:
    """The results table as text, a dict from column to cell for each model."""
    confidence = f"{100 * rows[0].numbers['confidence']:g} % interval"
    return [
        {
            "Model": row.name,
            "mAP %": _percent(row.numbers["mAP"]),
            confidence: f"{_percent(row.numbers['mAP_low'])} {DASH} {_percent(row.numbers['mAP_high'])}",
            "d\N{PRIME}": _number(row.numbers["d_prime"], 3),
            "AUC": _number(row.numbers["auc"], 4),
            "of annotator's mAP": DASH if row.share is None else f"{100 * row.share:.0f} %",
            "clips trained on": _count(row.numbers["n_train_clips"]),
            "seeds": str(len(row.numbers["seeds"])),
        }
        for row in rows
    ]


def markdown(rows: list[Result]) -> str:
    """The results table in Markdown, with a line that says what it was measured on."""
    return f"{markdown_table(table(rows))}\n\n{measured_on(rows)}\n"


def markdown_table(cells: list[dict[str, str]]) -> str:
    """Rows in Markdown, without a last line break; all columns but the first hold numbers.

    >>> print(markdown_table([{"subset": "eval", "asked": "2"}]))
    | subset | asked |
    | --- | ---: |
    | eval | 2 |
    """
    lines = [list(cells[0]), ["---"] + ["---:"] * (len(cells[0]) - 1), *(list(row.values()) for row in cells)]
    return "\n".join(f"| {' | '.join(line)} |" for line in lines)


def measured_on(rows: list[Result]) -> str:
    """One sentence on the clips and classes behind the table."""
    numbers = rows[0].numbers
    left_out = numbers["classes_left_out"]
    without = f"; left out, having no positive clip: {', '.join(left_out)}" if left_out else ""
    return (
        f"Measured on {numbers['n_clips']:,} evaluation clips and {numbers['n_classes']} classes{without}. Means over seeds; "
        f"intervals are {100 * numbers['confidence']:g} % bootstrap intervals over clips."
    )


def headline(rows: list[Result]) -> str:
    """The result in a sentence: the best student beside weak labels and beside the annotator."""
    students = [row for row in rows if isinstance(row.model, Window)]
    weak = next((row for row in rows if isinstance(row.model, WeakStudent)), None)
    if not students or weak is None:
        return ""
    best = max(students, key=lambda row: row.numbers["mAP"])
    of_annotator = "" if best.share is None else f", {100 * best.share:.0f} % of its annotator's"
    return (
        f"{best.name} reaches {_percent(best.numbers['mAP'])} % mAP{of_annotator}; the same network trained on the weak labels of the "
        f"same {_count(best.numbers['n_train_clips'])} clips reaches {_percent(weak.numbers['mAP'])} %."
    )


def _share(value: float, reference: float | None) -> float | None:
    return value / reference if reference else None


def _rank(model: Model) -> tuple[float, ...]:
    if isinstance(model, Window):
        return (2, -model.seconds, -model.hop)
    return (0,) if isinstance(model, Annotator) else (1,)


def model_colours(models: Mapping[str, Model]) -> dict[str, str]:
    """The colour of each model: windows in the order of the parameters, as in the pictures of the labels."""
    windows = [key for key, model in models.items() if isinstance(model, Window)]
    of_windows = {key: WINDOW_COLOURS[number % len(WINDOW_COLOURS)] for number, key in enumerate(windows)}
    return {key: of_windows.get(key, ANNOTATOR_COLOUR if isinstance(model, Annotator) else WEAK_COLOUR) for key, model in models.items()}


def _percent(value: float) -> str:
    return f"{100 * value:.1f}"


def _number(value: float | None, digits: int) -> str:
    return DASH if value is None else f"{value:.{digits}f}"


def _count(value: int | None) -> str:
    return DASH if value is None else f"{value:,}"
