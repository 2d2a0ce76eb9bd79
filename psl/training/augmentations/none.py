"""No augmentation: batches are trained on as they are."""

import torch

from psl.training.engine.augment import Augmentation


def build() -> Augmentation:
    """Leaves batches alone."""
    return _identity


def _identity(
    mel_BTF: torch.Tensor, target_BC: torch.Tensor, generator: torch.Generator
) -> tuple[torch.Tensor, torch.Tensor]:
    return mel_BTF, target_BC
