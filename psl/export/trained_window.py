"""The windows that a model was trained on, from `trained_on` of its model.json."""

from collections.abc import Mapping
from typing import Any, NamedTuple


class TrainedWindow(NamedTuple):
    """Seconds of a window, and from one to the next."""

    seconds: float
    hop: float


def trained_window(trained_on: Mapping[str, Any]) -> TrainedWindow | None:
    """None for a model that was trained on whole clips, or imported.

    >>> trained_window({"labels": {"window": {"seconds": 2.0, "hop": 1.0}}}), trained_window({})
    (TrainedWindow(seconds=2.0, hop=1.0), None)
    """
    window = trained_on.get("labels", {}).get("window")
    return TrainedWindow(window["seconds"], window["hop"]) if window else None
