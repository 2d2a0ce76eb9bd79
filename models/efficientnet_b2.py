"""EfficientNet-B2 with attention pooling, PSLA's network: timm's EfficientNet for one channel, and a head of our own.

After Gong et al., "PSLA" (TASLP 2021), and Tan and Le, "EfficientNet" (ICML 2019). A start from ImageNet is a file of
timm's weights for `efficientnet_b2` (`weights`).
"""

from functools import partial

import torch
from torch import nn

from psl.runtime.errors import PslError
from psl.runtime.weights import BACKBONE, Weights, of_one_channel, renamed, start_from

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
WIDTH, DEPTH = 1.1, 1.2  # of B2 beside B0
STEM, LAST = 32, 1280  # channels of the first and of the last layer
STEM_WEIGHT = "conv_stem.weight"


def build(
    n_classes: int,
    *,
    width: float = 1.0,
    depth: float = 1.0,
    heads: int = 1,
    drop_path: float = 0.2,
    mean_db: float = -18.5,
    std_db: float = 19.8,
    weights: str | None = None,
) -> nn.Module:
    """`width` multiplies the channels, in steps of 8, and `depth` the blocks; `heads` are those of the attention.

    `drop_path` is the share of blocks' outputs that are dropped in training. Features are scaled by `mean_db` and
    `std_db`, which are AudioSet's. `weights` is a file to start from. Raises PslError for options that make no network.
    """
    for name, value in {"width": width, "depth": depth, "heads": heads, "std_db": std_db}.items():
        if value <= 0:
            raise PslError(f"architecture.{name} {value} leaves nothing of efficientnet_b2: give more than 0")
    if not 0 <= drop_path < 1:
        raise PslError(f"architecture.drop_path {drop_path} is not a share of blocks: give 0 or more, below 1")
    network = EfficientNetB2(
        _backbone(WIDTH * width, DEPTH * depth, drop_path), n_classes, heads, scale=(mean_db, std_db)
    )
    if weights is not None:
        start_from(network, weights, _ours)
    return network


class EfficientNetB2(nn.Module):
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


def _backbone(width: float, depth: float, drop_path: float) -> nn.Module:
    """timm's EfficientNet of so many times B0's channels and blocks, for one channel and without a head."""
    try:
        from timm.models import _efficientnet_builder as timm_builder  # imported here: it takes seconds
        from timm.models.efficientnet import EfficientNet
    except ImportError:
        raise PslError("efficientnet_b2 needs timm: `pip install -e '.[peers]'` in the repository") from None
    rounded = partial(timm_builder.round_channels, multiplier=width)
    network: nn.Module = EfficientNet(
        timm_builder.decode_arch_def(BLOCKS, depth),
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


def _ours(theirs: Weights) -> Weights:
    """timm's weights by our names; ours as they are."""
    if any(name.startswith(f"{BACKBONE}.") for name in theirs):
        return theirs
    ours = renamed(theirs, {"classifier.": None, "": f"{BACKBONE}."})
    stem = f"{BACKBONE}.{STEM_WEIGHT}"
    return ours | ({stem: of_one_channel(ours[stem])} if stem in ours else {})
