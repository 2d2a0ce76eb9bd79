"""SpecAugment (Park et al. 2019): stretches of time and of mel bands are masked, in each window others."""

import torch

from psl.config.base import Share, Whole
from psl.runtime.errors import PslError
from psl.training.engine.augment import Augmentation


def build(*, time_masks: Whole, max_time_share: Share, mel_masks: Whole, max_mel_bands: Whole) -> Augmentation:
    """Makes `time_masks` of up to `max_time_share` of a window's frames each, and `mel_masks` of up to `max_mel_bands`.

    Masks may overlap. Raises PslError for a batch that has fewer bands than `max_mel_bands`.

    Masked cells get the window's mean: the 0 of the paper is the mean of its features, but ours are in dB, where 0 is
    loud. The masks are drawn here because torchaudio's take no generator.
    """

    def augment(
        mel_BTF: torch.Tensor, target_BC: torch.Tensor, generator: torch.Generator
    ) -> tuple[torch.Tensor, torch.Tensor]:
        windows, frames, bands = mel_BTF.shape
        if max_mel_bands > bands:
            raise PslError(f"augmentation spec_augment: max_mel_bands {max_mel_bands} is above the {bands} mel bands")
        in_time_BT = _masks((windows, time_masks, frames), int(max_time_share * frames), generator)
        in_mel_BF = _masks((windows, mel_masks, bands), max_mel_bands, generator)
        masked_BTF = in_time_BT[:, :, None] | in_mel_BF[:, None, :]
        return mel_BTF.where(~masked_BTF, mel_BTF.mean((1, 2), keepdim=True)), target_BC

    return augment


def _masks(shape: tuple[int, int, int], longest: int, generator: torch.Generator) -> torch.Tensor:
    """For `shape` (windows, masks, cells): the cells of each window that lie in one of its masks, as (windows, cells).

    A mask is of 0 to `longest` cells, each length and each place being equally likely.
    """
    windows, masks, cells = shape
    device = generator.device
    length_BM1 = torch.randint(longest + 1, (windows, masks, 1), generator=generator, device=device)
    place_BM1 = torch.rand((windows, masks, 1), generator=generator, device=device)
    start_BM1 = (place_BM1 * (cells + 1 - length_BM1)).long()
    cell = torch.arange(cells, device=device)
    return ((start_BM1 <= cell) & (cell < start_BM1 + length_BM1)).any(dim=1)
