"""The attention pooling of PSLA, and the network of one of timm's backbones and this head."""

import torch
from torch import nn

from models.parts.weights import BACKBONE, Weights, of_one_channel, renamed


class PooledByAttention(nn.Module):
    """timm's backbone `features`, whose mean over frequency is what the attention pools over time.

    Features are scaled by `scale`, their mean and standard deviation in dB.
    """

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
    """The attention head of PSLA: in each head and class, a mean of the steps' probabilities with learnt weights."""

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


def timm_weights(theirs: Weights, *, head: str, stem: str) -> Weights:
    """timm's weights by our names, without its `head` and with its layer `stem` for one channel; ours as they are."""
    if any(name.startswith(f"{BACKBONE}.") for name in theirs):
        return theirs
    ours = renamed(theirs, {f"{head}.": None, "": f"{BACKBONE}."})
    kernel = f"{BACKBONE}.{stem}.weight"
    return ours | ({kernel: of_one_channel(ours[kernel])} if kernel in ours else {})
