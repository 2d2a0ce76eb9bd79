"""ResNet-50 with attention pooling, as PSLA compares with: timm's ResNet for one channel, and a head of our own.

After Gong et al., "PSLA" (TASLP 2021), and He et al., "Deep Residual Learning" (CVPR 2016). A start from ImageNet is a
file of timm's weights for `resnet50` (`weights`).
"""

from functools import partial
from typing import Any

from torch import nn

from models.parts.attention_pooling import PooledByAttention, timm_weights
from models.parts.weights import start_from
from psl.runtime.errors import PslError

CHANNELS, LAYERS = (64, 128, 256, 512), (3, 4, 6, 3)  # of the four stages; their outputs have four times the channels


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
    network = PooledByAttention(_backbone(channels, layers), n_classes, heads, scale=(mean_db, std_db))
    if weights is not None:
        start_from(network, weights, partial(timm_weights, head="fc", stem="conv1"))
    return network


def _backbone(channels: tuple[int, ...], layers: tuple[int, ...]) -> nn.Module:
    """timm's ResNet of bottleneck blocks, for one channel and without a head."""
    try:
        from timm.models.resnet import Bottleneck, ResNet  # imported here: it takes seconds
    except ImportError:
        raise PslError("resnet50 needs timm: `pip install -e '.[peers]'` in the repository") from None
    block: Any = Bottleneck
    network: nn.Module = ResNet(block, layers, num_classes=0, in_chans=1, channels=channels)
    return network
