"""Binary cross entropy of probabilities, float32, with finite values and gradients everywhere."""

import torch
from torch.nn import functional

LARGEST = 1 - 1e-7  # the last float32 before 1, more or less: beyond it the gradient would explode


def binary_cross_entropy(p_BC: torch.Tensor, target_BC: torch.Tensor) -> torch.Tensor:
    """Mean over clips and classes, for targets in [0, 1]; torch holds the logarithm above -100. Call it outside autocast."""
    return functional.binary_cross_entropy(p_BC.float().clamp(max=LARGEST), target_BC)
