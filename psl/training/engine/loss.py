"""Binary cross entropy of probabilities, float32, with finite values and gradients everywhere."""

import torch

SMALLEST, LARGEST = 1e-12, 1 - 1e-7  # beyond these the gradient is 0


def binary_cross_entropy(p_BC: torch.Tensor, target_BC: torch.Tensor) -> torch.Tensor:
    """Mean over clips and classes, for targets in [0, 1]. Call it outside autocast.

    NaN stays NaN, for the training loop to see: torch's own function raises, and on CUDA takes the device down with it.
    """
    p_BC = p_BC.float().clamp(SMALLEST, LARGEST)
    return -(target_BC * p_BC.log() + (1 - target_BC) * (-p_BC).log1p()).mean()
