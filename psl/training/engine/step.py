"""One step of training: forward, backward, clipped gradient, Adam at the learning rate of the moment."""

import torch
from torch import nn
from torch.amp.grad_scaler import GradScaler

from psl.annotators.inference.network.devices import autocast
from psl.config import TrainingParams
from psl.training.engine.loss import binary_cross_entropy
from psl.training.engine.parameter_groups import RELATIVE_RATE


def train_step(
    model: nn.Module,
    optimiser: torch.optim.Optimizer,
    scaler: GradScaler,
    batch: tuple[torch.Tensor, torch.Tensor],
    *,
    rate: float,
    params: TrainingParams,
    weight: float | torch.Tensor = 1.0,
    partial: bool = False,
) -> torch.Tensor:
    """Step at the learning rate `rate` on a batch (mel_BTF, target_BC); its loss, still on the device.

    `weight` multiplies the loss whose gradient is taken, not the one that is returned. `partial`: targets may be NaN,
    which is unknown.
    """
    mel_BTF, target_BC = batch
    for group in optimiser.param_groups:
        group["lr"] = rate * group.get(RELATIVE_RATE, 1.0)
    with autocast(mel_BTF.device, params.precision):
        p_BC = model(mel_BTF)[0]
    loss = binary_cross_entropy(p_BC, target_BC, partial=partial)
    optimiser.zero_grad(set_to_none=True)
    scaler.scale(loss * weight).backward()
    scaler.unscale_(optimiser)
    nn.utils.clip_grad_norm_(model.parameters(), params.gradient_clip_norm)
    scaler.step(optimiser)
    scaler.update()
    return loss.detach()
