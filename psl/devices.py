"""Where networks compute, and in which number format."""

from contextlib import AbstractContextManager, nullcontext
from typing import Literal

import torch

from psl.errors import PslError

Device = Literal["auto", "cpu", "cuda"]
Precision = Literal["float32", "bfloat16", "float16"]


def pick_device(wish: Device) -> torch.device:
    """`auto` is CUDA where there is one, and the CPU elsewhere.

    Raises PslError when CUDA is wished for and not there.
    """
    if wish == "cuda" and not torch.cuda.is_available():
        raise PslError("device: cuda was asked for, but torch sees no CUDA device here: use device: auto, or look at `nvidia-smi`")
    if wish != "cpu" and torch.cuda.is_available():
        torch.backends.cudnn.deterministic = True  # the same bytes from run to run, for a few per cent of time
        return torch.device("cuda")
    return torch.device("cpu")


def autocast(device: torch.device, precision: Precision) -> AbstractContextManager[object]:
    """Mixed precision on CUDA; on the CPU, and for float32, nothing."""
    if device.type == "cpu" or precision == "float32":
        return nullcontext()
    return torch.autocast(device.type, dtype=getattr(torch, precision))
