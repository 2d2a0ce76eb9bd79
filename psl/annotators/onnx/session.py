"""onnxruntime's session for an ONNX file: opened on its device, with what can be wrong said in one sentence."""

import re
from pathlib import Path
from typing import Any, Literal

from psl.annotators.onnx.files import external_data
from psl.config.base import Device
from psl.runtime.errors import PslError

CPU, CUDA = "CPUExecutionProvider", "CUDAExecutionProvider"
# Algorithms are not chosen by their time, so that numbers are the same from run to run; and no short mantissas.
CUDA_OPTIONS = {"cudnn_conv_algo_search": "DEFAULT", "use_tf32": "0"}
SILENT = 4  # only fatal errors are logged: psl says the others
UNKNOWN_OPERATOR = [
    re.compile(r"No Op registered for (\S+)"),
    re.compile(r"In Node, \(\"[^\"]*\", (\S+), .*No opset import for domain", re.DOTALL),
    re.compile(r"(\S+?)(?:\(-?\d+\))? is not a registered function/op"),
    re.compile(r"Could not find an implementation for (\w+)"),
]
TOO_NEW = {  # what the model needs, and what there is
    re.compile(r"Opset (\d+) is under development.* is till opset (\d+)", re.DOTALL): "operators of opset",
    re.compile(r"model IR version: (\d+), max supported IR version: (\d+)"): "ONNX's file format",
}
NOISE = re.compile(
    r"\[ONNXRuntimeError\] : \d+ : \w+ : |Load model from .*? failed:|/onnxruntime_src/\S+ .*?\) (?=\w)"
    r"|\w+\.(?:cc|cpp|h):\d+ \w+ (?=\w)",
    re.DOTALL,
)


def open_session(path: Path, device: Device) -> Any:
    """An InferenceSession of `path` that computes in the thread that calls it; several threads may call it at a time.

    Raises PslError when onnxruntime is not installed, for a file that it cannot run, and for a device that it lacks.
    """
    ort = _onnxruntime()
    external_data(path)  # a clearer word on missing weights than onnxruntime's
    options = ort.SessionOptions()
    options.intra_op_num_threads = options.inter_op_num_threads = 1
    options.use_deterministic_compute = True
    options.log_severity_level = SILENT
    providers = _providers(ort, device)
    try:
        session = ort.InferenceSession(str(path), options, providers=providers)
    except Exception as error:  # onnxruntime's exceptions have no base of their own
        raise PslError(_why_not_opened(path, str(error), ort.__version__)) from error
    if device == "cuda" and device_of(session) != "cuda":
        raise PslError(
            f"device: cuda is asked for, and onnxruntime opens {path} on the CPU: check CUDA, or use device: auto"
        )
    return session


def device_of(session: Any) -> Literal["cpu", "cuda"]:
    """Where the session computes: cpu or cuda."""
    return "cuda" if CUDA in session.get_providers() else "cpu"


def cause(message: str) -> str:
    """What onnxruntime says, without its codes and places in its source, on one line of at most 200 characters."""
    text = NOISE.sub(" ", message)
    return re.sub(r"\s+", " ", text).strip(" .:")[:200]


def _onnxruntime() -> Any:
    try:
        import onnxruntime
    except ImportError:
        raise PslError(
            "annotators of kind onnx need onnxruntime, which is not installed: `pip install -e '.[onnx]'`"
        ) from None
    return onnxruntime


def _providers(ort: Any, device: Device) -> list[Any]:
    """The CPU, and before it CUDA where `device` wants it and this onnxruntime has it."""
    available = ort.get_available_providers()
    if device == "cuda" and CUDA not in available:
        raise PslError(
            f"device: cuda needs an onnxruntime with {CUDA}, and the one here has {', '.join(available)}: "
            "use device: auto, or install onnxruntime-gpu in its place"
        )
    return [*([(CUDA, CUDA_OPTIONS)] if device != "cpu" and CUDA in available else []), CPU]


def _why_not_opened(path: Path, message: str, version: str) -> str:
    """The sentence for a file that onnxruntime `version` refuses with `message`."""
    here = f"onnxruntime {version}"
    for pattern in UNKNOWN_OPERATOR:
        if found := pattern.search(message):
            return (
                f"{path} uses the operator {found[1]}, which {here} does not have: "
                "export the model with ONNX's own operators, or update onnxruntime"
            )
    for pattern, what in TOO_NEW.items():
        if found := pattern.search(message):
            return (
                f"{path} needs {what} {found[1]}, and {here} knows it up to {found[2]}: "
                "update onnxruntime, or export the model with an older one"
            )
    return f"{here} cannot open {path} ({cause(message)}): fetch or export it again"
