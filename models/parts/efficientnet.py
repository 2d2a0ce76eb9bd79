"""timm's EfficientNet for one channel, of which B0 and B2 are two sizes, with attention pooling as in PSLA."""

from functools import partial
from typing import NamedTuple

from torch import nn

from models.parts.attention_pooling import PooledByAttention, timm_weights
from models.parts.weights import start_from
from psl.runtime.errors import PslError

# Blocks in timm's notation: type, r repeats, k kernel, s stride, e expansion, c channels, se squeeze and excitation.
BLOCKS = [
    ["ds_r1_k3_s1_e1_c16_se0.25"],
    ["ir_r2_k3_s2_e6_c24_se0.25"],
    ["ir_r2_k5_s2_e6_c40_se0.25"],
    ["ir_r3_k3_s2_e6_c80_se0.25"],
    ["ir_r3_k5_s1_e6_c112_se0.25"],
    ["ir_r4_k5_s2_e6_c192_se0.25"],
    ["ir_r1_k3_s1_e6_c320_se0.25"],
]
STEM, LAST = 32, 1280  # channels of the first and of the last layer


class Size(NamedTuple):
    """An EfficientNet beside B0: times as many channels and blocks; `name` is that of its file."""

    name: str
    width: float
    depth: float


def efficientnet(
    n_classes: int,
    size: Size,
    *,
    width: float,
    depth: float,
    heads: int,
    drop_path: float,
    scale: tuple[float, float],
    weights: str | None,
) -> nn.Module:
    """The network of a size, of other `width` and `depth`, with its first weights or those of the file `weights`.

    Raises PslError for options that make no network, and for weights of another one.
    """
    for option, value in {"width": width, "depth": depth, "heads": heads, "std_db": scale[1]}.items():
        if value <= 0:
            raise PslError(f"architecture.{option} {value} leaves nothing of {size.name}: give more than 0")
    if not 0 <= drop_path < 1:
        raise PslError(f"architecture.drop_path {drop_path} is not a share of blocks: give 0 or more, below 1")
    wanted = Size(size.name, size.width * width, size.depth * depth)
    network = PooledByAttention(_backbone(wanted, drop_path), n_classes, heads, scale=scale)
    if weights is not None:
        start_from(network, weights, partial(timm_weights, head="classifier", stem="conv_stem"))
    return network


def _backbone(size: Size, drop_path: float) -> nn.Module:
    """timm's EfficientNet of so many times B0's channels and blocks, for one channel and without a head."""
    try:
        from timm.models import _efficientnet_builder as timm_builder  # imported here: it takes seconds
        from timm.models.efficientnet import EfficientNet
    except ImportError:
        raise PslError(f"{size.name} needs timm: `pip install -e '.[peers]'` in the repository") from None
    rounded = partial(timm_builder.round_channels, multiplier=size.width)
    network: nn.Module = EfficientNet(
        timm_builder.decode_arch_def(BLOCKS, size.depth),
        num_classes=0,
        num_features=rounded(LAST),
        in_chans=1,
        stem_size=STEM,
        round_chs_fn=rounded,
        act_layer=nn.SiLU,
        norm_layer=nn.BatchNorm2d,
        drop_path_rate=drop_path,
    )
    return network
