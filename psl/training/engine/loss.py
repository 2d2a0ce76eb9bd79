"""Binary cross entropy of probabilities, float32, with finite values and gradients everywhere."""

import torch

SMALLEST, LARGEST = 1e-12, 1 - 1e-7  # beyond these the gradient is 0


def binary_cross_entropy(p_BC: torch.Tensor, target_BC: torch.Tensor, *, partial: bool = False) -> torch.Tensor:
    """Mean over clips and classes, for targets in [0, 1]. Call it outside autocast.

    With `partial` a target that is NaN is unknown: the mean is over the known ones, and 0 where there are none.
    NaN probabilities stay NaN, for the training loop to see, also where the target is unknown: torch's own function
    raises, and on CUDA takes the device down with it.
    """
    p_BC = p_BC.float().clamp(SMALLEST, LARGEST)
    if not partial:
        return -(target_BC * p_BC.log() + (1 - target_BC) * (-p_BC).log1p()).mean()
    known_BC = ~target_BC.isnan()
    target_BC = target_BC.where(known_BC, 0)
    loss_BC = -(target_BC * p_BC.log() + (1 - target_BC) * (-p_BC).log1p())
    return (loss_BC * known_BC).sum() / known_BC.sum().clamp(min=1)
