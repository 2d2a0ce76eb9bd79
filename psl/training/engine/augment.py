"""Builds the augmentation of training batches, which comes between a batch of windows and the training step."""

from collections.abc import Callable
from importlib import import_module

import torch

from psl.config import Plugin

# Batch and targets, both on the device, and random numbers there that are seeded by (seed, number of the validation to
# come), in: (mel_BTF, target_BC, generator). Out: (mel_BTF, target_BC), float32, targets in [0, 1]; B and C stay, T and
# F too.
Augmentation = Callable[[torch.Tensor, torch.Tensor, torch.Generator], tuple[torch.Tensor, torch.Tensor]]


def build_augmentation(augmentation: Plugin) -> Augmentation:
    """The augmentation of that name with its options, which psl.config has checked."""
    build: Callable[..., Augmentation] = import_module(f"psl.training.augmentations.{augmentation.name}").build
    return build(**augmentation.options)
