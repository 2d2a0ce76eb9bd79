"""CNN14 of PANNs for audio tagging: six blocks of two convolutions, and pooling over time by maximum plus mean.

The network of Kong et al., "PANNs" (TASLP 2020), table 1, whose checkpoints (`Cnn14_mAP=0.431.pth`) load by name.
Theirs hear 64 mel bands of 50 to 14,000 Hz at 32 kHz; our front end gives other numbers, to which a start from them
adapts.
"""

import torch
from torch import nn

from models.parts.weights import renamed, start_from
from psl.runtime.errors import PslError

CHANNELS = (64, 128, 256, 512, 1024, 2048)  # of the blocks; the last ones are also those of the embedding
STRIDE = 32  # frames of a step, and mel bands: five blocks halve both
OURS = {  # beginnings of published names
    "spectrogram_extractor.": None,
    "logmel_extractor.": None,
    "fc_audioset.": "classifier.",
    "bn0.": "features.bn0.",
    "conv_block": "features.conv_block",
    "fc1.": "features.fc1.",
}


def build(
    n_classes: int, *, n_mels: int = 64, width: float = 1.0, dropout: float = 0.2, weights: str | None = None
) -> nn.Module:
    """`n_mels` is that of the front end, `width` multiplies the channels, `weights` is a file to start from.

    `dropout` is that between blocks; before the first linear layer it is 0.5 as published, and here before the last
    one, too, where PANNs has none; both are 0 with `dropout: 0.0`.
    Raises PslError for options that make no network.
    """
    if n_mels < STRIDE:
        raise PslError(
            f"architecture.n_mels {n_mels} is too few for cnn14, which halves them five times: give 32 or more"
        )
    if width * CHANNELS[0] < 1:
        raise PslError(
            f"architecture.width {width} leaves a layer of cnn14 without channels: give {1 / CHANNELS[0]} or more"
        )
    if not 0 <= dropout < 1:
        raise PslError(f"architecture.dropout {dropout} is not a share of values to drop: give 0 or more, below 1")
    network = CNN14(n_classes, n_mels, width, dropout)
    if weights is not None:
        start_from(network, weights, lambda theirs: renamed(theirs, OURS))
    return network


class CNN14(nn.Module):
    """An embedding of the window, and a linear head."""

    def __init__(self, n_classes: int, n_mels: int = 64, width: float = 1.0, dropout: float = 0.2) -> None:
        super().__init__()
        self.n_mels = n_mels
        self.features = Embedding(n_mels, [int(channels * width) for channels in CHANNELS], dropout)
        self.classifier = nn.Linear(self.features.fc1.out_features, n_classes)
        nn.init.xavier_uniform_(self.classifier.weight)
        nn.init.zeros_(self.classifier.bias)

    def forward(self, mel_BTF: torch.Tensor) -> tuple[torch.Tensor, torch.Tensor]:
        """Probabilities of the clips p_BC and of their time steps p_BTC, as if each step of 32 frames were all.

        Raises PslError for fewer frames than a step, or another number of mel bands.
        """
        if mel_BTF.shape[1] < STRIDE:
            raise PslError(
                f"cnn14 needs windows of {STRIDE} frames or more, and one has {mel_BTF.shape[1]}: lengthen the "
                "window, or shorten front_end.hop_length_samples"
            )
        if mel_BTF.shape[2] != self.n_mels:
            raise PslError(
                f"cnn14 was built for {self.n_mels} mel bands, and the features have {mel_BTF.shape[2]}: set "
                f"architecture.n_mels to front_end.n_mels"
            )
        clip_BD, step_BTD = self.features(mel_BTF)
        return tuple(torch.sigmoid(self.classifier(x).double()).float() for x in (clip_BD, step_BTD))  # type: ignore[return-value]


class Embedding(nn.Module):
    """From log-mel spectrograms to embeddings of clips and of steps."""

    def __init__(self, n_mels: int, channels: list[int], dropout: float) -> None:
        super().__init__()
        self.bn0 = nn.BatchNorm2d(n_mels)
        for number, (before, after) in enumerate(zip([1, *channels], channels, strict=False), start=1):
            self.add_module(f"conv_block{number}", ConvBlock(before, after, pool=number < len(channels)))
        self.dropout, self.last_dropout = nn.Dropout(dropout), nn.Dropout(0.5 if dropout else 0.0)
        self.fc1 = nn.Linear(channels[-1], channels[-1])
        nn.init.xavier_uniform_(self.fc1.weight)
        nn.init.zeros_(self.fc1.bias)

    def forward(self, mel_BTF: torch.Tensor) -> tuple[torch.Tensor, torch.Tensor]:
        """Shapes (B, D) and (B, steps, D)."""
        x_BDTF = self.bn0(mel_BTF.unsqueeze(1).transpose(1, 3)).transpose(1, 3)
        for number in range(1, len(CHANNELS) + 1):
            x_BDTF = self.dropout(self.get_submodule(f"conv_block{number}")(x_BDTF))
        x_BTD = x_BDTF.mean(3).transpose(1, 2)
        return self._embedded(x_BTD.amax(1) + x_BTD.mean(1)), self._embedded(2 * x_BTD)

    def _embedded(self, pooled: torch.Tensor) -> torch.Tensor:
        embedded: torch.Tensor = self.last_dropout(torch.relu(self.fc1(self.last_dropout(pooled))))
        return embedded


class ConvBlock(nn.Module):
    """Two convolutions, each with batch norm and ReLU; then the mean of 2 x 2 cells, but for the last block."""

    def __init__(self, channels_in: int, channels_out: int, *, pool: bool) -> None:
        super().__init__()
        self.conv1 = nn.Conv2d(channels_in, channels_out, 3, padding=1, bias=False)
        self.conv2 = nn.Conv2d(channels_out, channels_out, 3, padding=1, bias=False)
        self.bn1, self.bn2 = nn.BatchNorm2d(channels_out), nn.BatchNorm2d(channels_out)
        self.pool = nn.AvgPool2d(2) if pool else nn.Identity()
        nn.init.xavier_uniform_(self.conv1.weight)
        nn.init.xavier_uniform_(self.conv2.weight)

    def forward(self, x_BDTF: torch.Tensor) -> torch.Tensor:
        """Other channels; half as many frames and mel bands, rounded down."""
        x_BDTF = torch.relu(self.bn1(self.conv1(x_BDTF)))
        y_BDTF: torch.Tensor = self.pool(torch.relu(self.bn2(self.conv2(x_BDTF))))
        return y_BDTF
