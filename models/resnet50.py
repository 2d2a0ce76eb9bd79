"""ResNet-50 with attention pooling, as PSLA compares with: timm's ResNet for one channel, and a head of our own.

After Gong et al., "PSLA" (TASLP 2021), and He et al., "Deep Residual Learning" (CVPR 2016). A start from ImageNet is a
file of timm's weights for `resnet50` (`weights`).
"""

from typing import Any

import torch
from torch import nn

from psl.runtime.errors import PslError
from psl.runtime.weights import BACKBONE, Weights, of_one_channel, renamed, start_from

CHANNELS, LAYERS = (64, 128, 256, 512), (3, 4, 6, 3)  # of the four stages; their outputs have four times the channels
STEM_WEIGHT = "conv1.weight"


def build(
    n_classes: int,
    *,
    width: float = 1.0,
    depth: float = 1.0,
    heads: int = 1,
    mean_db: float = -18.5,
    std_db: float = 19.8,
    weights: str | None = None,
) -> nn.Module:
    """`width` multiplies the channels, but for the first layer's 64, and `depth` the blocks of the four stages.

    `heads` are those of the attention. Features are scaled by `mean_db` and `std_db`, which are AudioSet's.
    `weights` is a file to start from. Raises PslError for options that make no network.
    """
    channels = tuple(int(base * width) for base in CHANNELS)
    if channels[0] < 1:
        raise PslError(
            f"architecture.width {width} leaves a layer of resnet50 without channels: give {1 / CHANNELS[0]} or more"
        )
    for name, value in {"depth": depth, "heads": heads, "std_db": std_db}.items():
        if value <= 0:
            raise PslError(f"architecture.{name} {value} leaves nothing of resnet50: give more than 0")
    layers = tuple(max(1, round(repeats * depth)) for repeats in LAYERS)
    network = ResNet50(_backbone(channels, layers), n_classes, heads, scale=(mean_db, std_db))
    if weights is not None:
        start_from(network, weights, _ours)
    return network


class ResNet50(nn.Module):
    """timm's backbone; its mean over frequency is what the attention pools over time."""

    def __init__(self, features: nn.Module, n_classes: int, heads: int, *, scale: tuple[float, float]) -> None:
        super().__init__()
        self.scale = scale
        self.features = features
        self.classifier = AttentionPooling(features.num_features, n_classes, heads)  # type: ignore[arg-type]

    def forward(self, mel_BTF: torch.Tensor) -> tuple[torch.Tensor, torch.Tensor]:
        """Probabilities of the clips p_BC and of their time steps p_BTC (a step is 32 frames), both float32."""
        mean_db, std_db = self.scale
        x_BDFT = self.features.forward_features((mel_BTF.transpose(1, 2).unsqueeze(1) - mean_db) / std_db)  # type: ignore[operator]
        p_BC, p_BTC = self.classifier(x_BDFT.mean(2).transpose(1, 2))
        return p_BC, p_BTC


class AttentionPooling(nn.Module):
    """The attention head of PSLA: in each head and class, a mean of the steps' probabilities with learnt weights.

    tests/test_peers.py holds the copies of this class equal: a network is one file, whose name DVC knows.
    """

    def __init__(self, channels: int, n_classes: int, heads: int) -> None:
        super().__init__()
        self.attention, self.decision = nn.Linear(channels, heads * n_classes), nn.Linear(channels, heads * n_classes)
        self.head_weight = nn.Parameter(torch.zeros(heads))

    def forward(self, x_BTD: torch.Tensor) -> tuple[torch.Tensor, torch.Tensor]:
        """Probabilities of the clips p_BC and of their time steps p_BTC, float32 (computed in float64)."""
        weight_H = torch.softmax(self.head_weight.double(), 0)[:, None]
        weight_BTHC, p_BTHC = (
            torch.sigmoid(layer(x_BTD).double()).unflatten(2, (len(weight_H), -1))
            for layer in (self.attention, self.decision)
        )
        weight_BTHC = weight_BTHC.clamp(1e-7, 1 - 1e-7)
        p_BHC = (weight_BTHC * p_BTHC).sum(1) / weight_BTHC.sum(1)
        return (p_BHC * weight_H).sum(1).float(), (p_BTHC * weight_H).sum(2).float()


def _backbone(channels: tuple[int, ...], layers: tuple[int, ...]) -> nn.Module:
    """timm's ResNet of bottleneck blocks, for one channel and without a head."""
    try:
        from timm.models.resnet import Bottleneck, ResNet  # imported here: it takes seconds
    except ImportError:
        raise PslError("resnet50 needs timm: `pip install -e '.[peers]'` in the repository") from None
    block: Any = Bottleneck
    network: nn.Module = ResNet(block, layers, num_classes=0, in_chans=1, channels=channels)
    return network


def _ours(theirs: Weights) -> Weights:
    """timm's weights by our names; ours as they are."""
    if any(name.startswith(f"{BACKBONE}.") for name in theirs):
        return theirs
    ours = renamed(theirs, {"fc.": None, "": f"{BACKBONE}."})
    stem = f"{BACKBONE}.{STEM_WEIGHT}"
    return ours | ({stem: of_one_channel(ours[stem])} if stem in ours else {})
