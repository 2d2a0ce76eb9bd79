"""The device and the number format in which networks compute."""

from contextlib import AbstractContextManager, nullcontext
from typing import Literal

import torch

from psl.runtime.errors import PslError

Device = Literal["auto", "cpu", "cuda"]
Precision = Literal["float32", "bfloat16", "float16"]


def pick_device(device: Device) -> torch.device:
    """torch's device for the parameter `device`; `auto` is CUDA where there is one, otherwise the CPU.

    On the CPU torch gets one thread: several networks side by side do more than one with several threads, whose waiting
    threads a busy neighbour slows down up to twenty times (docs/LOG.md), and no result depends on the number of cores.

    Raises PslError for `cuda` without a CUDA device.
    """
    if device == "cuda" and not torch.cuda.is_available():
        raise PslError(
            "device: cuda needs a GPU, and torch sees no CUDA device here: use device: auto, or check `nvidia-smi`"
        )
    if device != "cpu" and torch.cuda.is_available():
        torch.backends.cudnn.deterministic = True  # the same bytes from run to run, for a few per cent of time
        return torch.device("cuda")
    torch.set_num_threads(1)
    return torch.device("cpu")


def autocast(device: torch.device, precision: Precision) -> AbstractContextManager[object]:
    """Mixed precision on CUDA; on the CPU, and for float32, nothing."""
    if device.type == "cpu" or precision == "float32":
        return nullcontext()
    return torch.autocast(device.type, dtype=getattr(torch, precision))
