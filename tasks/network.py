"""The stage network@KEY: which network a student is, and a hash of its code: what uses the network depends on both.

A change in models/ makes this stage run, and only what uses a changed network after it. Windows that are too short for
the network are refused here, before anything trains.
"""

from collections.abc import Mapping

from psl.config import Detect, Evaluate, FrontEndParams, Params, Plugin, architecture_of
from psl.io.files import write_json
from psl.io.windows import frames_in, to_units
from psl.runtime.code_hash import code_hash
from psl.runtime.errors import PslError
from psl.runtime.progress import log
from tasks import stage


def work(params: Params, key: str) -> None:
    """Write data/networks/KEY.json."""
    student, windows = stage.pick(params.students, "students", key), scored_windows(params.evaluate, params.detect)
    if student.window_seconds:
        windows[f"students.{key}.window_seconds"] = student.window_seconds
    write_network(key, architecture_of(params.train_student, student), params.front_end, windows)


def scored_windows(evaluate: Evaluate, detect: Detect) -> dict[str, float]:
    """Seconds of the windows in which all networks score clips, by their parameters."""
    windows = {"evaluate.window_seconds": evaluate.window_seconds}
    return windows if detect.window_seconds is None else windows | {"detect.window_seconds": detect.window_seconds}


def write_network(key: str, architecture: Plugin, front_end: FrontEndParams, windows: Mapping[str, float]) -> None:
    """Write data/networks/KEY.json: name and options of the network, and the hash of its file and what that imports.

    Raises PslError where the network cannot hear `windows`, seconds by their parameters.
    """
    require_steps(architecture, front_end, windows)
    code = code_hash(f"models.{architecture.name}")
    write_json(stage.NETWORKS / f"{key}.json", {"architecture": architecture.model_dump(), "code_hash": code})
    log(f"{key} is the network {architecture.name}")


def require_steps(architecture: Plugin, front_end: FrontEndParams, windows: Mapping[str, float]) -> None:
    """Raise PslError where the network cannot hear the shortest of the windows, seconds by parameter.

    A network that pads hears one shorter than its time step, too: that is logged.
    """
    name, seconds = min(windows.items(), key=lambda window: window[1])
    frames = frames_in(to_units(seconds, 1000), front_end.sample_rate_hz, front_end.hop_length_samples)
    try:
        if fills_a_step(architecture, frames, front_end.n_mels):
            return
    except PslError as error:
        raise PslError(f"{name} {seconds:g} is too short for the network {architecture.name}: {error}") from None
    log(
        f"{name} {seconds:g} is {frames} frames, less than a time step of {architecture.name}, which fills it up with "
        "zeros: longer windows, or a shorter front_end.hop_length_samples, would use it better"
    )


def fills_a_step(architecture: Plugin, frames: int, n_mels: int) -> bool:
    """Whether so many frames fill a time step of the network. Raises PslError where it refuses fewer than that."""
    import torch  # takes seconds: see tasks/stage.py

    from psl.annotators.inference.network.build import build_network

    options = {name: value for name, value in architecture.options.items() if name != "weights"}
    network = build_network(2, Plugin(name=architecture.name, **options)).eval()

    def steps(length: int) -> int | None:
        with torch.inference_mode():
            p_BTC = network(torch.zeros(1, length, n_mels))[1]
        return None if p_BTC is None else p_BTC.shape[1]

    if steps(frames) != 1:
        return True
    try:
        steps(1)
    except PslError:  # it pads nothing
        return True
    return steps(frames + 1) != 1


if __name__ == "__main__":
    stage.run_key("network", "student", work)
