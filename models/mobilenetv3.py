"""MobileNetV3 for audio tagging, the network of EfficientAT: torchvision's layers for one channel, for small devices.

After Schmid et al., "Efficient Large-Scale Audio Tagging via Transformer-to-CNN Knowledge Distillation" (ICASSP 2023),
whose mn04 and mn10 are the widths 0.4 and 1.0, and Howard et al., "Searching for MobileNetV3" (ICCV 2019). It starts
from torchvision's weights; EfficientAT's own checkpoints have other squeeze-and-excitation layers, and do not load.
"""

import torch
from torch import nn

from models.parts.weights import BACKBONE, Weights, of_one_channel, start_from
from psl.runtime.errors import PslError

# input, kernel, expanded and output channels, squeeze and excitation, activation, stride (Howard et al., table 1)
BLOCKS = [
    (16, 3, 16, 16, False, "RE", 1),
    (16, 3, 64, 24, False, "RE", 2),
    (24, 3, 72, 24, False, "RE", 1),
    (24, 5, 72, 40, True, "RE", 2),
    (40, 5, 120, 40, True, "RE", 1),
    (40, 5, 120, 40, True, "RE", 1),
    (40, 3, 240, 80, False, "HS", 2),
    (80, 3, 200, 80, False, "HS", 1),
    (80, 3, 184, 80, False, "HS", 1),
    (80, 3, 184, 80, False, "HS", 1),
    (80, 3, 480, 112, True, "HS", 1),
    (112, 3, 672, 112, True, "HS", 1),
    (112, 5, 672, 160, True, "HS", 2),
    (160, 5, 960, 160, True, "HS", 1),
    (160, 5, 960, 160, True, "HS", 1),
]
LAST = 1280  # channels before the last layer
STEM = f"{BACKBONE}.0.0.weight"


def build(
    n_classes: int,
    *,
    width: float = 1.0,
    dropout: float = 0.2,
    mean_db: float = -18.5,
    std_db: float = 19.8,
    weights: str | None = None,
) -> nn.Module:
    """`width` multiplies the channels, in steps of 8, and `weights` is a file to start from.

    Features are scaled by `mean_db` and `std_db`, which are AudioSet's. Raises PslError for options that
    make no network.
    """
    for name, value in {"width": width, "std_db": std_db}.items():
        if value <= 0:
            raise PslError(f"architecture.{name} {value} leaves nothing of mobilenetv3: give more than 0")
    if not 0 <= dropout < 1:
        raise PslError(f"architecture.dropout {dropout} is not a share of values to drop: give 0 or more, below 1")
    network = MobileNetV3(n_classes, width, dropout, scale=(mean_db, std_db))
    if weights is not None:
        start_from(network, weights, _ours)
    return network


class MobileNetV3(nn.Module):
    """torchvision's layers, and the mean over time and frequency between them."""

    def __init__(self, n_classes: int, width: float, dropout: float, *, scale: tuple[float, float]) -> None:
        super().__init__()
        self.scale = scale
        self.features, layers = _layers(n_classes, width, dropout)
        # names as published: those of layers 0 and 1, which pool there, are free
        self.classifier = nn.Sequential(nn.Identity(), nn.Identity(), *layers)

    def forward(self, mel_BTF: torch.Tensor) -> tuple[torch.Tensor, torch.Tensor]:
        """Probabilities of the clips p_BC and of their time steps p_BTC, as if each step of 32 frames were all."""
        mean_db, std_db = self.scale
        x_BDFT = self.features((mel_BTF.transpose(1, 2).unsqueeze(1) - mean_db) / std_db)
        x_BTD = x_BDFT.mean(2).transpose(1, 2)
        p_BC, p_BTC = (torch.sigmoid(self.classifier(x).double()).float() for x in (x_BTD.mean(1), x_BTD))
        return p_BC, p_BTC


def _layers(n_classes: int, width: float, dropout: float) -> tuple[nn.Sequential, nn.Sequential]:
    """The convolutions, for one channel, and the layers of the head."""
    try:
        from torchvision.models import mobilenetv3 as torchvision_mobilenetv3  # imported here: it takes seconds
    except (ImportError, RuntimeError):  # the latter where torchvision is of another torch
        raise PslError("mobilenetv3 needs torchvision: `pip install -e '.[peers]'` in the repository") from None
    config = torchvision_mobilenetv3.InvertedResidualConfig
    network = torchvision_mobilenetv3.MobileNetV3(
        [config(*block, dilation=1, width_mult=width) for block in BLOCKS],
        config.adjust_channels(LAST, width),
        n_classes,
        dropout=dropout,
    )
    stem = network.features[0][0]
    network.features[0][0] = nn.Conv2d(1, stem.out_channels, 3, 2, 1, bias=False)
    nn.init.kaiming_normal_(network.features[0][0].weight, mode="fan_out")
    return network.features, network.classifier


def _ours(theirs: Weights) -> Weights:
    """Weights for colour pictures as those for one channel."""
    colours = STEM in theirs and theirs[STEM].shape[1] == 3
    return theirs | ({STEM: of_one_channel(theirs[STEM])} if colours else {})
