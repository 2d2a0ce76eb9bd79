"""Several augmentations in turn."""

import torch

from psl.config import Plugin
from psl.training.engine.augment import Augmentation, build_augmentation


def build(*, parts: tuple[Plugin, ...]) -> Augmentation:
    """The first of `parts` gets the batch, each other one what the part before it made."""
    augmentations = [build_augmentation(part) for part in parts]

    def augment(
        mel_BTF: torch.Tensor, target_BC: torch.Tensor, generator: torch.Generator
    ) -> tuple[torch.Tensor, torch.Tensor]:
        for each in augmentations:
            mel_BTF, target_BC = each(mel_BTF, target_BC, generator)
        return mel_BTF, target_BC

    return augment
