"""MobileNetV2 for audio tagging: a decision at each time step, the clip's decision is their mean.

The network of Dinkel et al. (ICASSP 2022), after Sandler et al., "MobileNetV2" (CVPR 2018). It pools over frequency
only, and averages probabilities, not logits. Names and shapes of the weights are those of the published checkpoints.
"""

import torch
from torch import nn

from psl.runtime.errors import PslError

# t expansion, c channels, n blocks, s stride of the first one (Sandler et al., table 2)
BLOCKS = [(1, 16, 1, 1), (6, 24, 2, 2), (6, 32, 3, 2), (6, 64, 4, 2), (6, 96, 3, 1), (6, 160, 3, 2), (6, 320, 1, 1)]
STEM = 32


def build(n_classes: int, *, width: float = 1.0, last_channel: int = 1280, dropout: float = 0.3) -> nn.Module:
    """`width` multiplies the channels, `last_channel` are those of the last layer.

    Raises PslError for options that make no network.
    """
    narrowest = 1 / min(channels for _, channels, _, _ in BLOCKS)
    if width < narrowest:
        raise PslError(
            f"architecture.width {width} leaves a layer of mobilenetv2 without channels: give {narrowest} or more"
        )
    if last_channel < 1:
        raise PslError(f"architecture.last_channel {last_channel} leaves no channel before the head: give 1 or more")
    if not 0 <= dropout < 1:
        raise PslError(f"architecture.dropout {dropout} is not a share of values to drop: give 0 or more, below 1")
    return MobileNetV2(n_classes, width, last_channel, dropout)


class MobileNetV2(nn.Module):
    """`width` multiplies the channels (rounded down); `last_channel` only grows with it."""

    def __init__(self, n_classes: int, width: float = 1.0, last_channel: int = 1280, dropout: float = 0.3) -> None:
        super().__init__()
        channels = int(STEM * width)
        last = int(last_channel * width) if width > 1 else last_channel
        layers: list[nn.Module] = [_conv_bn_relu(1, channels, kernel=3, stride=2)]
        for expansion, base, repeats, first_stride in BLOCKS:
            for stride in [first_stride] + [1] * (repeats - 1):
                layers.append(InvertedResidual(channels, channels := int(base * width), stride, expansion))
        layers += [_pointwise_bn_relu(channels, last), MeanOverFrequency()]
        self.features = nn.Sequential(*layers)
        self.classifier = nn.Sequential(nn.Dropout(dropout), nn.Linear(last, n_classes))
        self.apply(_initialise)

    def forward(self, mel_BTF: torch.Tensor) -> tuple[torch.Tensor, torch.Tensor]:
        """Probabilities of the clips p_BC and of their time steps p_BTC (a step is 32 frames), both float32.

        Torch computes the last few values of an array by another formula, so a clip's float32 sigmoid would depend on
        its place in the batch, in the last digit; computed in float64 and rounded it does not.
        """
        x_BDFT = mel_BTF.transpose(1, 2).unsqueeze(1)
        x_BTD = self.features(x_BDFT).squeeze(2).transpose(1, 2)
        p_BTC = torch.sigmoid(self.classifier(x_BTD).double())
        return p_BTC.mean(1).float(), p_BTC.float()


class InvertedResidual(nn.Module):
    """Widen by a 1x1 convolution, filter each channel by itself, narrow again; add the input where shapes allow."""

    def __init__(self, channels_in: int, channels_out: int, stride: int, expansion: int) -> None:
        super().__init__()
        hidden = channels_in * expansion
        widen = [_pointwise_bn_relu(channels_in, hidden)] if expansion != 1 else []
        self.conv = nn.Sequential(
            *widen,
            _conv_bn_relu(hidden, hidden, kernel=3, stride=stride, groups=hidden),
            PointwiseConv(hidden, channels_out),
            nn.BatchNorm2d(channels_out),
        )
        self.residual = stride == 1 and channels_in == channels_out

    def forward(self, x_BDFT: torch.Tensor) -> torch.Tensor:
        """Same time and frequency divided by the stride."""
        y_BDFT: torch.Tensor = self.conv(x_BDFT)
        return x_BDFT + y_BDFT if self.residual else y_BDFT


class PointwiseConv(nn.Conv2d):
    """A 1x1 convolution as one matrix product over all positions, with the channels last in memory.

    On a CPU short windows leave small planes, on which torch's own convolution takes longer (docs/LOG.md).
    """

    def __init__(self, channels_in: int, channels_out: int) -> None:
        super().__init__(channels_in, channels_out, 1, bias=False)

    def forward(self, x_BDFT: torch.Tensor) -> torch.Tensor:
        """Other channels, same frequency and time."""
        y_BFTD = nn.functional.linear(x_BDFT.permute(0, 2, 3, 1), self.weight.flatten(1), self.bias)
        return y_BFTD.permute(0, 3, 1, 2)


class MeanOverFrequency(nn.Module):
    """AdaptiveAvgPool2d((1, None)), whose gradient on CUDA differs from run to run; the mean's does not."""

    def forward(self, x_BDFT: torch.Tensor) -> torch.Tensor:
        """Shape (B, D, 1, T)."""
        return x_BDFT.mean(2, keepdim=True)


def _conv_bn_relu(
    channels_in: int, channels_out: int, kernel: int, stride: int = 1, *, groups: int = 1
) -> nn.Sequential:
    convolution = nn.Conv2d(channels_in, channels_out, kernel, stride, kernel // 2, groups=groups, bias=False)
    return nn.Sequential(convolution, nn.BatchNorm2d(channels_out), nn.ReLU6(inplace=True))


def _pointwise_bn_relu(channels_in: int, channels_out: int) -> nn.Sequential:
    convolution = PointwiseConv(channels_in, channels_out)
    return nn.Sequential(convolution, nn.BatchNorm2d(channels_out), nn.ReLU6(inplace=True))


def _initialise(module: nn.Module) -> None:
    if isinstance(module, nn.Conv2d):
        nn.init.xavier_uniform_(module.weight)
    elif isinstance(module, nn.Linear):
        nn.init.normal_(module.weight, std=0.01)
        nn.init.zeros_(module.bias)
