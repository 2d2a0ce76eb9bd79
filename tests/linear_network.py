"""The costless network of the tests of the pipeline: copied to models/linear.py of a project."""

import torch
from torch import nn


def build(n_classes: int, *, width: float = 1.0, dropout: float = 0.0) -> nn.Module:
    """Eight features of each frame of 64 mel bands, times `width`, and a linear head."""
    return Linear(n_classes, int(8 * width), dropout)


class Linear(nn.Module):
    """The clip's probability is the mean of its frames'."""

    def __init__(self, n_classes: int, channels: int, dropout: float) -> None:
        super().__init__()
        self.features = nn.Sequential(nn.Linear(64, channels), nn.ReLU(), nn.Dropout(dropout))
        self.classifier = nn.Linear(channels, n_classes)

    def forward(self, mel_BTF: torch.Tensor) -> tuple[torch.Tensor, torch.Tensor]:
        """p_BC and p_BTC."""
        p_BTC = torch.sigmoid(self.classifier(self.features(mel_BTF / 100)))
        return p_BTC.mean(1), p_BTC
