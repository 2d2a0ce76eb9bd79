"""The flows that bring stages up to date: pipeline, annotate, train_student, evaluate, sweep, preset, own_data."""

from typing import Annotated

from prefect.client.schemas.objects import State
from pydantic import Field

from flows.limits import AT_ONCE, COMPUTING_AT_ONCE, MOST_AT_ONCE
from flows.reproduce import reproduce, stage_flow
from flows.students import use_window
from flows.whole_runs import use_own_data, use_preset
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


@stage_flow
def preset(
    preset: str,
    force: bool = False,
    at_once: AtOnce = AT_ONCE,
    computing_at_once: ComputingAtOnce = COMPUTING_AT_ONCE,
) -> State:
    """Write params.yaml from a preset and bring everything up to date; changes of your own in that file are not lost.

    Args:
        preset: a file of presets/ without .yaml, such as quick
    """
    return reproduce(lambda: use_preset(preset), force, at_once, computing_at_once)


@stage_flow
def own_data(
    folder: str,
    labels: str | None = None,
    *,
    force: bool = False,
    at_once: AtOnce = AT_ONCE,
    computing_at_once: ComputingAtOnce = COMPUTING_AT_ONCE,
) -> State:
    """Make a corpus of your recordings, as `psl init` does, let all models learn from it, and run everything.

    Args:
        folder: the recordings, as a path on this machine; one folder a class unless labels are given
        labels: a CSV with the columns file and labels, which are separated by ;
    """
    return reproduce(lambda: use_own_data(folder, labels), force, at_once, computing_at_once)


FLOWS = {flow.name: flow for flow in (pipeline, annotate, train_student, evaluate, sweep, preset, own_data)}
