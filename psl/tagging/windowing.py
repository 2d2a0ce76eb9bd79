"""How a recording is cut for a model: by the options, otherwise into windows of the length that it was trained on."""

from pathlib import Path

from psl.annotators.inference.clips import TimeAxis
from psl.annotators.inference.scorer import Windowing
from psl.runtime.errors import PslError
from psl.runtime.progress import log
from psl.tagging.model import Model

LONGEST_SECONDS = 3600.0  # of a window, which is in memory as a whole
DEFAULT_SECONDS = 10.0  # a clip of AudioSet: what models of any length were mostly trained on


def choose_windowing(model: Model, path: Path, window_seconds: float | None, hop_seconds: float | None) -> Windowing:
    """Windows of the model in `path`; None: what it was trained on, and a hop of one window.

    That is what its contract fixes, or for a student what its model.json says; for all others DEFAULT_SECONDS, with a
    line that says so. Raises PslError for windows that leave gaps or hold nothing.
    """
    if window_seconds is None:
        window_seconds, own_hop = _trained_on(model, path)
        hop_seconds = own_hop if hop_seconds is None else hop_seconds
    if not 0 < window_seconds <= LONGEST_SECONDS:
        raise PslError(f"a window of {window_seconds:g} s is not possible: give more than 0 s and an hour at most")
    hop_seconds = window_seconds if hop_seconds is None else hop_seconds
    windowing = Windowing.of_seconds(window_seconds, hop_seconds)
    if not windowing.hop_ms:
        raise PslError(f"a hop of {hop_seconds} s is no time: give a millisecond or more")
    if windowing.hop_ms > windowing.length_ms:
        raise PslError(
            f"a hop of {hop_seconds:g} s would leave gaps between windows of {window_seconds:g} s: give a shorter hop"
        )
    hop_samples = model.features.hop_length_samples if model.features else 1
    if not TimeAxis(model.rate_hz, hop_samples).steps(windowing.length_ms):
        raise PslError(f"a window of {window_seconds} s holds nothing that the model could hear: give a longer one")
    return windowing


def _trained_on(model: Model, path: Path) -> tuple[float, float | None]:
    """Seconds of the window, and of the hop where it is known."""
    if model.contract.window_samples is not None:
        return model.contract.window_samples / model.rate_hz, None
    if model.window_seconds is not None:
        return model.window_seconds, model.hop_seconds
    log(f"windows of {DEFAULT_SECONDS:g} s: {path} does not say on which it was trained, --window gives others")
    return DEFAULT_SECONDS, None
