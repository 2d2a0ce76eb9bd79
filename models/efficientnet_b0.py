"""EfficientNet-B0 with attention pooling, PSLA's network: timm's EfficientNet for one channel, and a head of our own.

After Gong et al., "PSLA" (TASLP 2021), and Tan and Le, "EfficientNet" (ICML 2019). A start from ImageNet is a file of
timm's weights for `efficientnet_b0` (`weights`).
"""

from torch import nn

from models.parts.efficientnet import Size, efficientnet

SIZE = Size("efficientnet_b0", width=1.0, depth=1.0)


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
    return efficientnet(
        n_classes,
        SIZE,
        width=width,
        depth=depth,
        heads=heads,
        drop_path=drop_path,
        scale=(mean_db, std_db),
        weights=weights,
    )
