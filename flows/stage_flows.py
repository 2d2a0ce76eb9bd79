"""The flows that bring stages up to date: pipeline, annotate, train_student, evaluate and sweep."""

from typing import Annotated

from prefect.client.schemas.objects import State
from pydantic import Field

from flows.limits import AT_ONCE, COMPUTING_AT_ONCE, MOST_AT_ONCE
from flows.reproduce import reproduce, stage_flow
from flows.students import use_window
from tasks.stage import PARAMS

Seconds = Annotated[float, Field(gt=0)]
AtOnce = Annotated[int, Field(ge=1, le=MOST_AT_ONCE)]
ComputingAtOnce = Annotated[int, Field(ge=1, le=MOST_AT_ONCE)]


@stage_flow
def pipeline(
    targets: list[str] = [],  # noqa: B006 (Prefect's form shows it, nothing changes it)
    force: bool = False,
    at_once: AtOnce = AT_ONCE,
    computing_at_once: ComputingAtOnce = COMPUTING_AT_ONCE,
) -> State:
    """Bring stages up to date with all that they need: `annotate@2`, all of `annotate`, or everything without a target.

    Args:
        targets: stages such as annotate@2, or annotate for all of them; none means everything
    """
    return reproduce(lambda: targets, force, at_once, computing_at_once)


@stage_flow
def annotate(
    window: Seconds,
    force: bool = False,
    at_once: AtOnce = AT_ONCE,
    computing_at_once: ComputingAtOnce = COMPUTING_AT_ONCE,
) -> State:
    """Label every window of so many seconds; a student of such windows is added to params.yaml if there is none.

    Args:
        window: its length in seconds, such as 3 or 0.5
    """
    return reproduce(lambda: [f"annotate@{use_window(PARAMS, window)}"], force, at_once, computing_at_once)


@stage_flow
def train_student(
    window: Seconds,
    force: bool = False,
    at_once: AtOnce = AT_ONCE,
    computing_at_once: ComputingAtOnce = COMPUTING_AT_ONCE,
) -> State:
    """Train on the soft labels of windows of so many seconds; such a student is added to params.yaml if there is none.

    Args:
        window: its length in seconds, such as 3 or 0.5
    """
    return reproduce(lambda: [f"train_student@{use_window(PARAMS, window)}"], force, at_once, computing_at_once)


@stage_flow
def evaluate(
    model: str,
    force: bool = False,
    at_once: AtOnce = AT_ONCE,
    computing_at_once: ComputingAtOnce = COMPUTING_AT_ONCE,
) -> State:
    """Evaluate a student of params.yaml, such as 2 or weak, or the annotator; it is trained first if needed.

    Args:
        model: a key of `students` in params.yaml, or annotator
    """
    stage = "evaluate_annotator" if model == "annotator" else f"evaluate@{model}"
    return reproduce(lambda: [stage], force, at_once, computing_at_once)


@stage_flow
def sweep(
    windows: list[Seconds],
    force: bool = False,
    at_once: AtOnce = AT_ONCE,
    computing_at_once: ComputingAtOnce = COMPUTING_AT_ONCE,
) -> State:
    """Train and evaluate a student of each window, and draw the report; missing students are added to params.yaml.

    Args:
        windows: their lengths in seconds, such as 3 or 0.5
    """
    return reproduce(
        lambda: [*(f"evaluate@{use_window(PARAMS, window)}" for window in windows), "report"],
        force,
        at_once,
        computing_at_once,
    )


FLOWS = {flow.name: flow for flow in (pipeline, annotate, train_student, evaluate, sweep)}
