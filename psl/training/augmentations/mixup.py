"""Mixup (Zhang et al. 2018): windows of a batch are mixed with others of it, and their targets too."""

from typing import Literal

import numpy as np
import torch

from psl.config.base import Positive, Share
from psl.training.engine.augment import Augmentation


def build(
    *, domain: Literal["db", "power"], beta: Positive, labels: Literal["weighted", "union"] | None, share: Share
) -> Augmentation:
    """Mixes `share` of the windows of a batch, each with another one at weights w and 1 - w, w of Beta(beta, beta).

    `domain`: the mean is that of the features, or of the power in each cell, as of two sounds that are heard at once.
    `labels`: targets are the weighted mean of both, or the chance that a class is in either, 1 - (1 - a)(1 - b). One
    that is unknown (NaN) in either window is unknown. None: targets stay, for the annotator labels the mixtures.
    """
    mix = {"db": _mean, "power": _mean_of_power}[domain]
    mix_targets = {"weighted": _mean, "union": _union, None: _first}[labels]

    def augment(
        mel_BTF: torch.Tensor, target_BC: torch.Tensor, generator: torch.Generator
    ) -> tuple[torch.Tensor, torch.Tensor]:
        order_B = torch.randperm(len(mel_BTF), generator=generator, device=generator.device)
        mixed = round(share * len(mel_BTF)) if len(mel_BTF) > 1 else 0  # one alone has no other
        one, other = order_B[:mixed], order_B.roll(1)[:mixed]
        weight_B = _beta(beta, mixed, generator).to(mel_BTF)
        mel = mix(mel_BTF[one], mel_BTF[other], weight_B[:, None, None])
        target = mix_targets(target_BC[one], target_BC[other], weight_B[:, None])
        return mel_BTF.index_copy(0, one, mel), target_BC.index_copy(0, one, target)

    return augment


def _mean(a: torch.Tensor, b: torch.Tensor, weight: torch.Tensor) -> torch.Tensor:
    """The mean of `a` and `b`, in which `a` has this weight."""
    return torch.lerp(b, a, weight)


def _mean_of_power(a_db: torch.Tensor, b_db: torch.Tensor, weight: torch.Tensor) -> torch.Tensor:
    """The mean of their power, in dB again."""
    return 10 * _mean(10 ** (a_db / 10), 10 ** (b_db / 10), weight).log10()


def _union(a: torch.Tensor, b: torch.Tensor, weight: torch.Tensor) -> torch.Tensor:
    return 1 - (1 - a) * (1 - b)


def _first(a: torch.Tensor, b: torch.Tensor, weight: torch.Tensor) -> torch.Tensor:
    return a


def _beta(beta: float, count: int, generator: torch.Generator) -> torch.Tensor:
    """Numbers of Beta(beta, beta): by numpy, seeded from the generator, because torch's distribution takes none."""
    seed = torch.randint(2**63 - 1, (), generator=generator, device=generator.device).item()
    return torch.from_numpy(np.random.default_rng(int(seed)).beta(beta, beta, count))
