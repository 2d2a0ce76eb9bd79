"""What a run is called in the UI: its flow and what it was asked for, such as `annotate 3 s`."""

from collections.abc import Mapping
from typing import Any

from prefect.runtime import flow_run

LIMITS = ("at_once", "computing_at_once")


def run_name() -> str:
    """The name of the current run."""
    return name_of(flow_run.flow_name, flow_run.parameters)


def name_of(flow: str, parameters: Mapping[str, Any]) -> str:
    """The flow with its parameters in words.

    >>> name_of("annotate", {"window": 3.0, "force": False, "at_once": 2}), name_of("sweep", {"windows": [3.0, 0.5]})
    ('annotate 3 s', 'sweep 3 s, 0.5 s')
    >>> name_of("pipeline", {"targets": [], "force": True}), name_of("evaluate", {"model": "weak"})
    ('pipeline: everything, forced', 'evaluate weak')
    """
    asked = [_words(value) for name, value in parameters.items() if name not in (*LIMITS, "force")]
    what = ", ".join(word for word in asked if word)
    forced = ", forced" if parameters.get("force") else ""
    return f"{flow} {what}{forced}" if what else f"{flow}: everything{forced}"


def _words(value: Any) -> str:
    """A value in words: numbers are seconds, and what was left empty is nothing."""
    if isinstance(value, list | tuple):
        return ", ".join(map(_words, value))
    if isinstance(value, int | float):
        return f"{value:g} s"
    return "" if value is None else str(value)
