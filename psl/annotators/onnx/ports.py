"""The input and the output of an ONNX model: which they are, and whether they fit the contract."""

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

from psl.config.contract import Contract
from psl.runtime.errors import PslError

Shape = tuple[int | str | None, ...]  # numbers, or names and None for axes that are free; empty: not known
DTYPES: dict[str, type[np.floating]] = {
    "tensor(float)": np.float32,
    "tensor(float16)": np.float16,
    "tensor(double)": np.float64,
}
FIELDS = {  # of the contract, that say how long each axis is
    "B": "batch_windows",
    "1": "log_mel.axes",
    "T": "window_samples",
    "F": "log_mel.front_end.n_mels",
}
FREE = {"B": "windows", "T": "length"}  # what a free axis is called


@dataclass(frozen=True)
class Port:
    """An input or output."""

    name: str
    dtype: type[np.floating]
    shape: Shape

    def __str__(self) -> str:
        return f"{self.name} {shown(self.shape)}"

    def fixed(self, axis: int) -> int | None:
        """The size of the axis where it is fixed."""
        size = self.shape[axis] if self.shape else None
        return size if isinstance(size, int) else None


def shown(shape: Shape) -> str:
    """A shape for a message: [batch, 160000], with `any` for an axis without a name."""
    return f"[{', '.join('any' if size is None else str(size) for size in shape)}]" if shape else "of an unknown shape"


def choose_ports(path: Path, session: Any, output_name: str | None) -> tuple[Port, Port]:
    """The model's only input, and its only output or the one called `output_name`.

    Raises PslError for several inputs, for several outputs without a name, for a name that no output has, and for
    numbers that are not floating-point ones.
    """
    entry, outputs = choose_input(path, session), session.get_outputs()
    chosen = [each for each in outputs if output_name in (None, each.name)]
    if len(chosen) != 1:
        which = "the contract does not state output_name" if output_name is None else f"not {output_name}"
        raise PslError(
            f"{path} has the outputs {_listed(outputs)}, and {which}: state as output_name the one with the classes"
        )
    return entry, _port(path, chosen[0])


def choose_input(path: Path, session: Any) -> Port:
    """The model's only input. Raises PslError for several, and for numbers that are not floating-point ones."""
    inputs = session.get_inputs()
    if len(inputs) != 1:
        raise PslError(
            f"{path} has {len(inputs)} inputs ({_listed(inputs)}), and an annotator is given windows alone: "
            "export it with one input"
        )
    return _port(path, inputs[0])


def several_outputs(session: Any) -> str:
    """All outputs with their shapes, for messages; empty where there is one, which nobody need choose."""
    outputs = session.get_outputs()
    return _listed(outputs) if len(outputs) > 1 else ""


def others(session: Any, exit_: Port) -> str:
    """The outputs with their shapes that were not chosen, for messages; empty where there are none."""
    return _listed([each for each in session.get_outputs() if each.name != exit_.name])


def axes_of(stated: Mapping[str, Any], shape: Shape) -> str:
    """What each axis of an input of this shape is, as LogMel.axes has it; empty where the statement does not fit it."""
    axes = ""
    if stated.get("input") == "log_mel":
        log_mel = stated.get("log_mel")
        axes = str(log_mel.get("axes")) if isinstance(log_mel, Mapping) else ""
    elif len(shape) == 2:
        axes = "BT"
    elif len(shape) == 3 and shape[1] == 1 and stated.get("input") == "waveform":
        axes = "B1T"
    return axes if len(axes) == len(shape) else ""


def axes_given(contract: Contract) -> str:
    """The axes of what the contract gives to a model."""
    return contract.log_mel.axes if contract.log_mel else "BT"


def sizes_given(contract: Contract) -> dict[str, int | None]:
    """The size of each of these axes; None where it is free. Frames are those of psl.features.log_mel."""
    samples = contract.window_samples
    if contract.log_mel is None:
        return {"B": contract.batch_windows, "1": 1, "T": samples}
    front_end = contract.log_mel.front_end
    frames = samples and 1 + max(samples, front_end.n_fft) // front_end.hop_length_samples
    return {"B": contract.batch_windows, "1": 1, "T": frames, "F": front_end.n_mels}


def check_input(path: Path, entry: Port, contract: Contract) -> str:
    """The input's axes, such as BT. Raises PslError, with both shapes, where it does not fit the contract."""
    if not entry.shape:
        return axes_given(contract)
    sizes = sizes_given(contract)
    axes = axes_of(contract.model_dump(), entry.shape)
    fixed = {axis: size for axis, size in zip(axes, entry.shape, strict=False) if isinstance(size, int)}
    wrong = [FIELDS[axis] for axis, size in fixed.items() if size != sizes[axis]]
    if not axes or wrong:
        given = tuple(sizes[axis] or FREE[axis] for axis in axes_given(contract))
        raise PslError(
            f"{path} takes {entry}, and by its contract it is given a {contract.input} {shown(given)}: "
            f"correct {' and '.join(wrong) or 'input or log_mel.axes'}"
        )
    return axes


def _port(path: Path, arg: Any) -> Port:
    if arg.type not in DTYPES:
        raise PslError(
            f"{path} has {arg.name} as {arg.type}, and psl gives and takes floating-point numbers: export it so"
        )
    return Port(arg.name, DTYPES[arg.type], tuple(arg.shape))


def _listed(args: Any) -> str:
    return ", ".join(f"{arg.name} {shown(tuple(arg.shape))}" for arg in args)
