"""Colours and order of the models, the same in every table and picture."""

from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from psl.config import ANNOTATOR
from psl.labels.label_sets import is_plain
from psl.report.model_names import Model, is_window_student

ANNOTATOR_COLOUR, WEAK_COLOUR, TRUTH_COLOUR = "#222222", "#9a9a9a", "#0f7a5f"
WINDOW_COLOURS = (  # windows in the order of the parameters
    "#1b3a6b",
    "#2e7ebc",
    "#f28e2b",
    "#c43c39",
    "#59a14f",
    "#8f6bb3",
)
OTHER_COLOURS = (
    "#76b7b2",
    "#b07aa1",
    "#9c755f",
    "#edc948",
    "#d37295",
    "#a0cbe8",
)  # other students, ensembles
BETTER_COLOUR, WORSE_COLOUR = "#2e7ebc", "#c43c39"  # than the annotator
SCORE_COLOURS = ("#f4f6f9", "#2e7ebc", "#0b2d5c")  # of the scores 0, .5 and 1
EVENT_COLOUR = "#c43c39"
OTHER = (3.0,)  # rank of a student that is neither of weak labels nor of windows alone


def in_order(models: Mapping[str, Model]) -> list[str]:
    """Keys of the models in the order of every table: annotator, weak labels, windows from long to short, others."""
    return sorted(models, key=lambda key: _rank(models[key]))


def model_colours(models: Mapping[str, Model]) -> dict[str, str]:
    """The colour of each model."""
    windows = _window_colours(key for key, model in models.items() if is_window_student(model))
    others = [key for key in models if key not in windows and _rank(models[key]) == OTHER]
    named = windows | {key: OTHER_COLOURS[number % len(OTHER_COLOURS)] for number, key in enumerate(others)}
    return {key: named.get(key, ANNOTATOR_COLOUR if model is None else WEAK_COLOUR) for key, model in models.items()}


def label_colours(keys: Iterable[str]) -> dict[str, str]:
    """The colours of the labels of each window, in the order of the parameters, of the weak and of the true labels.

    Labels have the colour of their student.
    """
    fixed = {"weak": WEAK_COLOUR, "truth": TRUTH_COLOUR}
    named = list(keys)
    windows = _window_colours(key for key in named if key not in fixed)
    return windows | {key: fixed[key] for key in named if key in fixed}


def transfer_colours(keys: Sequence[str]) -> list[str]:
    """The colours of the models that were fine-tuned, in their order."""
    return [
        ANNOTATOR_COLOUR if key == ANNOTATOR else WINDOW_COLOURS[(number + 1) % len(WINDOW_COLOURS)]
        for number, key in enumerate(keys)
    ]


def ensemble_colours(ensembles: Iterable[str], of_models: Mapping[str, str]) -> dict[str, str]:
    """The colours of ensembles: those of OTHER_COLOURS that no model has, as far as they go."""
    free = [colour for colour in OTHER_COLOURS if colour not in of_models.values()] or list(OTHER_COLOURS)
    return {key: free[number % len(free)] for number, key in enumerate(ensembles)}


def colour_encoding(field: str, names: Sequence[str], colours: Sequence[str], **more: Any) -> dict[str, Any]:
    """Vega-Lite's colour of `field`: each of `names` has the colour in its place, in a legend in this order."""
    scale = {"domain": list(names), "range": list(colours)}
    return {"field": field, "type": "nominal", "sort": list(names), "scale": scale, "title": None, **more}


def _window_colours(keys: Iterable[str]) -> dict[str, str]:
    return {key: WINDOW_COLOURS[number % len(WINDOW_COLOURS)] for number, key in enumerate(keys)}


def _rank(model: Model) -> tuple[float, ...]:
    if model is None:
        return (0,)
    if is_plain(model) and model.targets == "weak":
        return (1,)
    if is_window_student(model) and model.window_seconds and model.hop_seconds:
        return (2, -model.window_seconds, -model.hop_seconds)
    return OTHER
