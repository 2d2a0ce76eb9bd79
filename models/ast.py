"""The Audio Spectrogram Transformer: the layers of transformers' AST, for windows of any length.

After Gong et al., "AST" (Interspeech 2021). `weights` may be an AST of transformers (such as the published one of
AudioSet), or for a start from ImageNet transformers' distilled DeiT, whose 24 x 24 positions are cut and stretched to
ours as in the paper.
"""

import math
from typing import Any

import torch
from torch import nn

from models.parts.weights import BACKBONE, HEAD, Weights, of_one_channel, renamed, start_from
from psl.runtime.errors import PslError

HIDDEN, MLP_RATIO = 768, 4  # numbers in a token; times as many inside a block
PATCH, PATCH_STRIDE = 16, 10  # frames and mel bands
EXTRA = 2  # tokens before those of the patches: for the class and for distillation
POSITIONS, KERNEL = "embeddings.position_embeddings", "embeddings.patch_embeddings.projection.weight"
# Published names and those of transformers today.
LAYERS = {
    "encoder.layer.": "layers.",
    "attention.attention.query.": "attention.q_proj.",
    "attention.attention.key.": "attention.k_proj.",
    "attention.attention.value.": "attention.v_proj.",
    "attention.output.dense.": "attention.o_proj.",
    "intermediate.dense.": "mlp.fc1.",
    "output.dense.": "mlp.fc2.",
}


def build(
    n_classes: int,
    *,
    n_mels: int = 128,
    max_frames: int = 1024,
    width: float = 1.0,
    layers: int = 12,
    heads: int = 12,
    dropout: float = 0.0,
    mean_db: float = -18.5,
    std_db: float = 19.8,
    weights: str | None = None,
) -> nn.Module:
    """`n_mels` is that of the front end; longer windows than `max_frames` are heard in several of that length.

    `width` multiplies the 768 numbers of a token, in `heads` of the attention; `layers` are its blocks. Features are
    scaled by `mean_db` and twice `std_db`, which are AudioSet's. `weights` is a file to start from. Raises PslError for
    options that make no network.
    """
    for name, value in {"n_mels": n_mels, "max_frames": max_frames}.items():
        if value < PATCH:
            raise PslError(f"architecture.{name} {value} is less than a patch of ast: give {PATCH} or more")
    for name, count in {"layers": layers, "heads": heads, "std_db": std_db}.items():
        if count <= 0:
            raise PslError(f"architecture.{name} {count} leaves nothing of ast: give more than 0")
    hidden = int(HIDDEN * width)
    if hidden < 1 or hidden % heads:
        raise PslError(
            f"architecture.width {width} leaves {hidden} numbers in a token of ast, which its {heads} heads "
            "do not share evenly: choose another width or architecture.heads"
        )
    if not 0 <= dropout < 1:
        raise PslError(f"architecture.dropout {dropout} is not a share of values to drop: give 0 or more, below 1")
    config = _config(hidden, layers, heads, dropout, n_classes=n_classes, grid=(n_mels, max_frames))
    network = AST(config, scale=(mean_db, std_db))
    if weights is not None:
        start_from(network, weights, lambda theirs: _ours(theirs, network))
    return network


class AST(nn.Module):
    """transformers' encoder and head, and between them positions for as many patches as a window has."""

    def __init__(self, config: Any, *, scale: tuple[float, float]) -> None:
        super().__init__()
        from transformers.models.audio_spectrogram_transformer import modeling_audio_spectrogram_transformer as theirs

        self.scale, self.n_mels, self.max_frames = scale, config.num_mel_bins, config.max_length
        self.features: Any = theirs.ASTModel(config)
        self.classifier: Any = theirs.ASTMLPHead(config)
        nn.init.trunc_normal_(self.features.embeddings.position_embeddings, std=0.02)
        dense: Any = self.classifier.dense
        nn.init.normal_(dense.weight, std=0.02)
        nn.init.zeros_(dense.bias)

    def forward(self, mel_BTF: torch.Tensor) -> tuple[torch.Tensor, torch.Tensor]:
        """Probabilities of the clips p_BC and of their time steps p_BTC: one step, or as many windows as are heard.

        Windows of `max_frames` are spread evenly over a longer input, and the clip's probability is their mean. Raises
        PslError for fewer frames than a patch, another number of mel bands, and for the export to ONNX.
        """
        frames, n_mels = mel_BTF.shape[1:]
        self._require(frames, n_mels)
        count = max(1, math.ceil(frames / self.max_frames))
        length = min(frames, self.max_frames)
        starts = [(frames - length) * number // max(1, count - 1) for number in range(count)]
        mel_NTF = torch.cat([mel_BTF[:, start : start + length] for start in starts])
        p_NC = torch.sigmoid(self.classifier(self._pooled(mel_NTF)).double())
        p_BTC = p_NC.unflatten(0, (count, -1)).transpose(0, 1)
        return p_BTC.mean(1).float(), p_BTC.float()

    def _require(self, frames: int, n_mels: int) -> None:
        if torch.onnx.is_in_onnx_export():
            raise PslError(
                "ast cannot be exported, because its windows and positions depend on the length of the input: export a "
                "student of another network"
            )
        if frames < PATCH:
            raise PslError(
                f"ast needs windows of {PATCH} frames or more, and one has {frames}: lengthen the window, or shorten "
                "front_end.hop_length_samples"
            )
        if n_mels != self.n_mels:
            raise PslError(
                f"ast was built for {self.n_mels} mel bands, and the features have {n_mels}: set "
                "architecture.n_mels to front_end.n_mels"
            )

    def _pooled(self, mel_NTF: torch.Tensor) -> torch.Tensor:
        """Embeddings of windows, shape (N, D)."""
        mean_db, std_db = self.scale
        embeddings = self.features.embeddings
        patch_NPD = embeddings.patch_embeddings((mel_NTF - mean_db) / (2 * std_db))
        first_NED = torch.cat([embeddings.cls_token, embeddings.distillation_token], 1).expand(len(mel_NTF), -1, -1)
        x_NPD = torch.cat([first_NED, patch_NPD], 1) + self._positions(_patches(mel_NTF.shape[1]))
        x_NPD = embeddings.dropout(x_NPD)
        for layer in self.features.layers:
            x_NPD = layer(x_NPD, None)
        pooled_ND: torch.Tensor = self.features.layernorm(x_NPD)[:, :EXTRA].mean(1)
        return pooled_ND

    def _positions(self, steps: int) -> torch.Tensor:
        """Positions of the two first tokens and, from the middle of the grid, of `steps` patches in time."""
        all_1PD = self.features.embeddings.position_embeddings
        grid_1FTD = all_1PD[:, EXTRA:].unflatten(1, (_patches(self.n_mels), -1))
        first = (grid_1FTD.shape[2] - steps) // 2
        return torch.cat([all_1PD[:, :EXTRA], grid_1FTD[:, :, first : first + steps].flatten(1, 2)], 1)


def _patches(size: int) -> int:
    """How many patches lie along so many frames or mel bands."""
    return (size - PATCH) // PATCH_STRIDE + 1


def _config(hidden: int, layers: int, heads: int, dropout: float, *, n_classes: int, grid: tuple[int, int]) -> Any:
    """transformers' parameters of the network."""
    try:
        from transformers import ASTConfig  # imported here: it takes seconds
    except ImportError:
        raise PslError("ast needs transformers: `pip install -e '.[peers]'` in the repository") from None
    config: Any = ASTConfig(
        hidden_size=hidden,
        num_hidden_layers=layers,
        num_attention_heads=heads,
        intermediate_size=MLP_RATIO * hidden,
        hidden_dropout_prob=dropout,
        attention_probs_dropout_prob=dropout,
        patch_size=PATCH,
        frequency_stride=PATCH_STRIDE,
        time_stride=PATCH_STRIDE,
        num_mel_bins=grid[0],
        max_length=grid[1],
    )
    config.num_labels = n_classes
    return config


def _ours(theirs: Weights, network: AST) -> Weights:
    """Weights of transformers' AST or DeiT by our names and for our positions; ours as they are."""
    if any(name.startswith(f"{BACKBONE}.") for name in theirs):
        return theirs
    is_deit = any(name.startswith("deit.") for name in theirs)
    heads = {"cls_classifier.": None, "distillation_classifier.": None} if is_deit else {}
    ours = renamed(theirs, {"audio_spectrogram_transformer.": "", "deit.": "", **heads})
    for old, new in LAYERS.items():
        ours = {name.replace(old, new): tensor for name, tensor in ours.items()}
    ours = {name if name.startswith(f"{HEAD}.") else f"{BACKBONE}.{name}": tensor for name, tensor in ours.items()}
    kernel, positions = f"{BACKBONE}.{KERNEL}", f"{BACKBONE}.{POSITIONS}"
    if is_deit and kernel in ours and positions in ours:
        ours[kernel] = of_one_channel(ours[kernel])
        ours[positions] = _stretched(ours[positions], (_patches(network.n_mels), _patches(network.max_frames)))
    return ours


def _stretched(positions_1PD: torch.Tensor, grid: tuple[int, int]) -> torch.Tensor:
    """Positions of a square of patches for a `grid` of other sides: the middle of a longer one, or stretched."""
    side = math.isqrt(positions_1PD.shape[1] - EXTRA)
    square_1DFT = positions_1PD[:, EXTRA:].transpose(1, 2).unflatten(2, (side, side))
    first_F, first_T = (max(0, (side - size) // 2) for size in grid)
    cut_1DFT = square_1DFT[:, :, first_F : first_F + grid[0], first_T : first_T + grid[1]]
    grid_1DFT = nn.functional.interpolate(cut_1DFT, size=grid, mode="bilinear")
    return torch.cat([positions_1PD[:, :EXTRA], grid_1DFT.flatten(2).transpose(1, 2)], 1)
