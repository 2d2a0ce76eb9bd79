"""The training loop: Adam on the binary cross entropy, best weights kept, resumable at each epoch's end."""

import copy
import time
from collections.abc import Callable, Mapping
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any

import numpy as np
import torch
from torch import nn
from torch.amp.grad_scaler import GradScaler

from psl.devices import autocast, pick_device
from psl.errors import PslError
from psl.params import Course
from psl.progress import say
from psl.training.checkpoint import load_checkpoint, save_checkpoint
from psl.training.history import Epoch, best_epoch
from psl.training.loss import binary_cross_entropy
from psl.training.material import Material
from psl.training.schedule import learning_rate
from psl.training.team import Team, team
from psl.training.validation import validate
from psl.window_dataset import WindowDataset

RELATIVE = "relative_rate"  # key of an optimiser's group
STEPS_BETWEEN_CHECKS = 100  # for a loss that is not a number: each check waits for the GPU


@dataclass
class _State:
    """A training between two epochs."""

    model: nn.Module
    optimiser: torch.optim.Adam
    scaler: GradScaler
    best: dict[str, torch.Tensor]
    trains: nn.Module  # the model, or one around it that averages gradients over processes
    team: Team
    history: list[Epoch] = field(default_factory=list)

    def as_dict(self) -> dict[str, Any]:
        return {
            "model": self.model.state_dict(),
            "optimiser": self.optimiser.state_dict(),
            "scaler": self.scaler.state_dict(),
            "best": self.best,
            "history": [asdict(epoch) for epoch in self.history],
        }

    def restore(self, state: dict[str, Any]) -> None:
        self.model.load_state_dict(state["model"])
        self.optimiser.load_state_dict(state["optimiser"])
        self.scaler.load_state_dict(state["scaler"])
        self.best, self.history = state["best"], [Epoch(**row) for row in state["history"]]


def train(
    build: Callable[[], nn.Module], material: Material, params: Course, seed: int, checkpoints: Path, name: str
) -> tuple[nn.Module, list[Epoch]]:
    """Train a network that `build` makes; return it with its best weights, on the CPU, and the history.

    Weights, dropout and the order of the windows are functions of (seed, epoch): a training that was killed goes on from
    the folder `checkpoints` and gives the same bytes. `name` says who is training in the lines of progress.
    Several processes may train together (see psl.training.team): the first one validates, speaks and writes.
    Raises PslError when the loss is no longer a number.
    """
    device, us = pick_device(params.device), team()
    torch.manual_seed(_mixed(seed, 0))
    model = build().to(device)
    optimiser = torch.optim.Adam(trained_parts(model, params.rates), lr=params.learning_rate)
    scaler = GradScaler(device.type, enabled=params.precision == "float16" and device.type == "cuda")
    state = _State(model, optimiser, scaler, {}, us.trained_together(model), us)
    saved = load_checkpoint(checkpoints)
    if saved is not None:
        state.restore(saved)
        _say(state, f"{name}: goes on after epoch {len(state.history)}")
    while not _finished(state, params):
        _epoch(state, material, params, seed, name)
        if us.is_first:
            save_checkpoint(checkpoints, state.as_dict())
    model.load_state_dict(state.best)
    return model.cpu().eval(), state.history


def _finished(state: _State, params: Course) -> bool:
    done = len(state.history)
    return done > 0 and (done >= params.max_epochs or done - best_epoch(state.history).epoch >= params.patience_epochs)


def _epoch(state: _State, material: Material, params: Course, seed: int, name: str) -> None:
    number, began = len(state.history) + 1, time.monotonic()
    torch.manual_seed(_mixed(seed, number) + state.team.rank)
    train_loss = _pass(state, material.training, params, seed, name)
    seconds = time.monotonic() - began
    validation_loss, mean_ap = state.team.first_says(
        lambda: validate(state.model, material.validation, material.labels.clip_W, material.weak_NC)
    )
    if not np.isfinite(validation_loss):
        raise _diverged(name, number)
    step = number * material.training.steps
    state.history.append(Epoch(number, step, train_loss, validation_loss, mean_ap, state.optimiser.param_groups[-1]["lr"]))
    better = best_epoch(state.history).epoch == number
    if better:
        state.best = copy.deepcopy(state.model.state_dict())
    left = (params.max_epochs - number) * (time.monotonic() - began)
    _say(
        state,
        f"{name}: epoch {number}/{params.max_epochs}, loss {train_loss:.4f}, "
        f"validation {validation_loss:.4f}{' (best)' if better else ''}, "
        f"mAP {mean_ap:.3f}, {len(material.training) / seconds:.0f} windows/s, {left:.0f} s left",
    )


def _pass(state: _State, windows: WindowDataset, params: Course, seed: int, name: str) -> float:
    """One pass over the training windows; the mean loss of a window, of all processes."""
    epoch, device = len(state.history), next(state.model.parameters()).device
    total = torch.zeros((), dtype=torch.float64, device=device)
    train_mode(state.model, params.rates)
    for i, (mel_BTF, target_BC) in enumerate(windows.shuffled(seed, epoch)):
        rate = learning_rate(epoch * windows.steps + i, params.max_epochs * windows.steps, params)
        part, weight = state.team.share(len(mel_BTF))
        mel, target = (torch.from_numpy(array[part]).to(device) for array in (mel_BTF, target_BC))
        loss = train_step(state.trains, state.optimiser, state.scaler, mel, target, rate, params, weight)
        total += loss * weight * len(mel_BTF)
        if (i % STEPS_BETWEEN_CHECKS == 0 or i + 1 == windows.steps) and not torch.isfinite(state.team.mean(total)):
            raise _diverged(name, epoch + 1)
    return state.team.mean(total).item() / len(windows)


def trained_parts(model: nn.Module, rates: Mapping[str, float]) -> list[dict[str, Any]]:
    """The optimiser's groups: a child of `model` each, with its learning rate relative to the others'; no frozen ones."""
    parts = [(list(child.parameters()), rates.get(name, 1.0)) for name, child in model.named_children()]
    parts.append((list(model.parameters(recurse=False)), 1.0))
    return [{"params": parameters, RELATIVE: rate} for parameters, rate in parts if rate and parameters]


def train_mode(model: nn.Module, rates: Mapping[str, float]) -> None:
    """Training mode, but for frozen parts: their batch norm neither uses nor changes with what is trained on."""
    model.train()
    for name, child in model.named_children():
        if rates.get(name, 1.0) == 0:
            child.eval().requires_grad_(False)


def train_step(
    model: nn.Module,
    optimiser: torch.optim.Optimizer,
    scaler: GradScaler,
    mel_BTF: torch.Tensor,
    target_BC: torch.Tensor,
    rate: float,
    params: Course,
    weight: float = 1.0,
) -> torch.Tensor:
    """Forward, backward, clipped gradient, one step of the optimiser at learning rate `rate`; the loss, still on the device.

    `weight` multiplies the loss that is stepped down, not the one that is given back.
    """
    for group in optimiser.param_groups:
        group["lr"] = rate * group.get(RELATIVE, 1.0)
    with autocast(mel_BTF.device, params.precision):
        p_BC = model(mel_BTF)[0]
    loss = binary_cross_entropy(p_BC, target_BC)
    optimiser.zero_grad(set_to_none=True)
    scaler.scale(loss * weight).backward()
    scaler.unscale_(optimiser)
    nn.utils.clip_grad_norm_(model.parameters(), params.max_gradient_norm)
    scaler.step(optimiser)
    scaler.update()
    return loss.detach()


def _say(state: _State, line: str) -> None:
    if state.team.is_first:
        say(line)


def _mixed(seed: int, number: int) -> int:
    """One seed of torch for each part of a training: 0 for the first weights, then the epoch."""
    return int(np.random.SeedSequence([seed, number]).generate_state(1, np.uint64)[0] >> 1)


def _diverged(name: str, epoch: int) -> PslError:
    return PslError(
        f"{name}: the loss is not a number in epoch {epoch}: lower learning_rate or max_gradient_norm (or use precision: float32), "
        f"and look for NaN in the features"
    )
