"""An ONNX model that is called with batches, and says in one sentence why it cannot take one."""

from dataclasses import dataclass
from pathlib import Path
from typing import Any, Literal

import numpy as np
import numpy.typing as npt

from psl.annotators.onnx.ports import Port, others, shown
from psl.annotators.onnx.session import cause, device_of
from psl.runtime.errors import PslError

NO_MEMORY = "Failed to allocate memory"  # in onnxruntime's words
MUCH_LONGER = 16  # times: a model that takes this, and not the window, finds the window too short


@dataclass(frozen=True)
class OnnxModel:
    """A psl.annotators.model.Model; several threads may call it at a time."""

    path: Path
    session: Any
    entry: Port
    exit: Port
    axes: str  # of the input, such as BT

    @property
    def device(self) -> Literal["cpu", "cuda"]:
        """Where it computes."""
        return device_of(self.session)

    @property
    def n_classes(self) -> int | None:
        """How many numbers it gives for a window, where the file says so."""
        return self.exit.fixed(-1)

    @property
    def other_outputs(self) -> str:
        """Those that the contract does not name, with their shapes, for messages."""
        return others(self.session, self.exit)

    def __call__(self, x: npt.NDArray[np.float32]) -> npt.NDArray[np.float32]:
        """Raw output raw_BC of windows x_BT, or of log-mel spectrograms with the axes of the contract.

        Raises PslError for a batch that the model cannot take, and for an output that is no number for each class.
        """
        raw, fault = self._run(x)
        if fault:
            raise PslError(self._explain(x, fault))
        return raw

    def takes(self, x: npt.NDArray[np.float32]) -> bool:
        """Whether it has an output for this batch."""
        return not self._run(x)[1]

    def _run(self, x: npt.NDArray[np.float32]) -> tuple[npt.NDArray[np.float32], str]:
        """raw_BC and nothing, or what is wrong, as the rest of a sentence about the model."""
        shaped = x[:, None] if self.axes == "B1T" else x
        try:
            (raw,) = self.session.run([self.exit.name], {self.entry.name: shaped.astype(self.entry.dtype, copy=False)})
        except Exception as error:  # onnxruntime's exceptions have no base of their own
            return np.empty((0, 0), np.float32), f"fails on {_batch(x)} ({cause(str(error))})"
        if raw.ndim != 2 or len(raw) != len(x):
            return np.empty((0, 0), np.float32), f"gives {self.exit.name} as {shown(raw.shape)} for {_batch(x)}"
        return raw.astype(np.float32, copy=False), ""

    def _explain(self, x: npt.NDArray[np.float32], fault: str) -> str:
        """The whole sentence about a `fault` with the batch x: other batches and longer windows are tried."""
        if NO_MEMORY in fault:
            return f"{self.path} {fault}: give it smaller batches or shorter windows"
        for batch in (1, self.entry.fixed(0), self.exit.fixed(0)):
            if batch and batch != len(x) and self.takes(np.resize(x, (batch, *x.shape[1:]))):
                return (
                    f"{self.path} {fault} and is right with batches of {batch}, so its batch size is fixed: "
                    f"state batch_windows: {batch} in its contract"
                )
        if self.takes(np.concatenate([x] * MUCH_LONGER, axis=self.axes.index("T"))):
            return (
                f"{self.path} {fault} and not on windows {MUCH_LONGER} times as long, so these are too short for it: "
                "state window_samples and shorter_windows: repeat or zeros in its contract, or choose longer windows"
            )
        return f"{self.path} {fault}, and psl needs a number for each window and class: correct its contract"


def _batch(x: npt.NDArray[np.float32]) -> str:
    return f"a batch of {len(x)} windows of {shown(x.shape[1:])}"
