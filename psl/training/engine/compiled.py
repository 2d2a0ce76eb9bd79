"""A network whose full batches are computed by torch.compile: fewer passes over memory, after a minute of compiling."""

from functools import lru_cache

import torch
from torch import nn

from psl.runtime.progress import log


class CompiledNetwork(nn.Module):
    """Computes batches of so many `windows` compiled, and others (an epoch's last) by the network itself.

    Compiled and not compiled round differently, so which one computes a batch depends on its size alone.
    """

    def __init__(self, network: nn.Module, windows: int) -> None:
        super().__init__()
        self._network, self._compiled = network, torch.compile(network, dynamic=False)
        self._windows = windows

    def forward(self, mel_BTF: torch.Tensor) -> tuple[torch.Tensor, torch.Tensor]:
        """What the network returns: p_BC and p_BTC."""
        network = self._compiled if len(mel_BTF) == self._windows else self._network
        outputs: tuple[torch.Tensor, torch.Tensor] = network(mel_BTF)
        return outputs


@lru_cache
def can_compile(device: str) -> bool:
    """Whether torch.compile works on this kind of device, tried on a sum; where it does not, a line says why."""
    try:
        torch.compile(lambda x: x + 1)(torch.zeros(8, device=device))
    except RuntimeError as error:  # whatever torch's compilers raise is one
        reason = str(error).strip().splitlines() or [type(error).__name__]
        log(f"training goes on without torch.compile, which does not work here: {reason[0]}")
        return False
    return True
