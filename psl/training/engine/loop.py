"""The training loop: Adam on the binary cross entropy, best weights kept, resumable at each epoch's end."""

import copy
import time
from collections.abc import Callable
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any

import numpy as np
import torch
from torch import nn
from torch.amp.grad_scaler import GradScaler

from psl.annotators.inference.network.devices import pick_device
from psl.config import TrainingParams
from psl.runtime.errors import PslError
from psl.runtime.progress import log
from psl.training.engine.augment import Augmentation, build_augmentation
from psl.training.engine.checkpoint import load_checkpoint, save_checkpoint
from psl.training.engine.compiled import CompiledNetwork
from psl.training.engine.data import TrainingData
from psl.training.engine.history import Epoch, best_epoch
from psl.training.engine.parameter_groups import RelativeRates, parameter_groups, set_train_mode
from psl.training.engine.process_group import ProcessGroup, current_process_group
from psl.training.engine.random_seeds import AUGMENTATION, FIRST_WEIGHTS, torch_seed
from psl.training.engine.schedule import learning_rate
from psl.training.engine.step import train_step
from psl.training.engine.validation import validate

STEPS_BETWEEN_CHECKS = 100  # for a loss that is not a number: each check waits for the GPU


@dataclass(frozen=True)
class _Run:
    """What stays the same in all epochs of a training."""

    name: str  # in lines of progress and in errors
    data: TrainingData
    params: TrainingParams
    seed: int
    relative_rates: RelativeRates
    augment: Augmentation
    group: ProcessGroup
    device: torch.device
    compiled: bool


@dataclass
class _State:
    """A training between two epochs."""

    model: nn.Module
    optimiser: torch.optim.Adam
    scaler: GradScaler
    in_step: nn.Module  # the model, or one around it that is compiled or averages gradients over processes
    best: dict[str, torch.Tensor] = field(default_factory=dict)
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
    build: Callable[[], nn.Module],
    training_data: TrainingData,
    params: TrainingParams,
    seed: int,
    *,
    relative_rates: RelativeRates,
    checkpoints: Path,
    name: str,
    compiled: bool = False,
) -> tuple[nn.Module, list[Epoch]]:
    """Train a network that `build` makes; return it with its best weights, on the CPU, and the history.

    Weights, dropout, augmentation and the order of the windows are functions of (seed, epoch): a training that was
    killed goes on from the folder `checkpoints` and gives the same bytes. `name` appears in the progress lines.
    Several processes may train together (see psl.training.engine.process_group): rank 0 validates, logs and writes.
    Raises PslError when the loss is no longer a number.
    """
    group, device = current_process_group(), pick_device(params.device)
    augment = build_augmentation(params.augmentation)
    run = _Run(name, training_data, params, seed, relative_rates, augment, group, device, compiled)
    state = _first_state(build, run)
    saved = load_checkpoint(checkpoints)
    if saved is not None:
        state.restore(saved)
        _log(run, f"{name}: goes on after epoch {len(state.history)}")
    while not _finished(state, params):
        _train_epoch(run, state)
        if group.is_main:
            save_checkpoint(checkpoints, state.as_dict())
    state.model.load_state_dict(state.best)
    return state.model.cpu().eval(), state.history


def _first_state(build: Callable[[], nn.Module], run: _Run) -> _State:
    params = run.params
    torch.manual_seed(torch_seed(run.seed, FIRST_WEIGHTS))
    model = build().to(run.device)
    optimiser = torch.optim.Adam(parameter_groups(model, run.relative_rates), lr=params.learning_rate, fused=True)
    scaler = GradScaler(run.device.type, enabled=params.precision == "float16" and run.device.type == "cuda")
    parallel = run.group.data_parallel(model)
    return _State(model, optimiser, scaler, CompiledNetwork(parallel) if run.compiled else parallel)


def _finished(state: _State, params: TrainingParams) -> bool:
    done = len(state.history)
    return done > 0 and (done >= params.max_epochs or done - best_epoch(state.history).epoch >= params.patience_epochs)


def _train_epoch(run: _Run, state: _State) -> None:
    """One epoch: a pass over the training windows, then validation."""
    number, began = len(state.history) + 1, time.monotonic()
    torch.manual_seed(torch_seed(run.seed, number) + run.group.rank)
    train_loss = _pass(run, state)
    seconds = time.monotonic() - began
    validation_loss, mean_ap = run.group.broadcast(
        lambda: validate(
            state.model,
            run.data.validation,
            run.data.labels.clip_W,
            run.data.validation_weak_NC,
            known_NC=run.data.validation_known_NC,
        )
    )
    if not np.isfinite(validation_loss):
        raise _diverged(run.name, number)
    rate = state.optimiser.param_groups[-1]["lr"]
    step = number * run.data.training.steps
    state.history.append(Epoch(number, step, train_loss, validation_loss, mean_ap, rate))
    is_best = best_epoch(state.history).epoch == number
    if is_best:
        state.best = copy.deepcopy(state.model.state_dict())
    left = (run.params.max_epochs - number) * (time.monotonic() - began)
    _log(
        run,
        f"{run.name}: epoch {number}/{run.params.max_epochs}, loss {train_loss:.4f}, "
        f"validation {validation_loss:.4f}{' (best)' if is_best else ''}, "
        f"mAP {mean_ap:.3f}, {len(run.data.training) / seconds:.0f} windows/s, {left:.0f} s left",
    )


def _pass(run: _Run, state: _State) -> float:
    """One pass over the training windows; the mean loss of a window, or of a known target, of all processes."""
    epoch, windows, params = len(state.history), run.data.training, run.params
    partial = windows.targets.partial
    counted: torch.Tensor | int = 0  # windows or, of targets that may be unknown, those that are known
    total = torch.zeros((), dtype=torch.float64, device=run.device)
    random = torch.Generator(run.device).manual_seed(torch_seed(run.seed, epoch + 1, AUGMENTATION) + run.group.rank)
    set_train_mode(state.model, run.relative_rates)
    for i, (mel_BTF, target_BC) in enumerate(windows.shuffled(run.seed, epoch)):
        rate = learning_rate(epoch * windows.steps + i, params.max_epochs * windows.steps, params)
        part, weight = run.group.share(len(mel_BTF))
        mel, target = (torch.from_numpy(array[part]).to(run.device) for array in (mel_BTF, target_BC))
        batch = run.augment(mel, target, random)
        share, count = run.group.share_of_known(batch[1], weight) if partial else (weight, len(mel_BTF))
        loss = train_step(
            state.in_step,
            state.optimiser,
            state.scaler,
            batch,
            rate=rate,
            params=params,
            weight=share,
            partial=partial,
        )
        total += loss * share * count
        counted += count
        is_last = i + 1 == windows.steps
        if (i % STEPS_BETWEEN_CHECKS == 0 or is_last) and not torch.isfinite(run.group.mean(total)):
            raise _diverged(run.name, epoch + 1)
    return run.group.mean(total).item() / float(counted)


def _log(run: _Run, line: str) -> None:
    if run.group.is_main:
        log(line)


def _diverged(name: str, epoch: int) -> PslError:
    return PslError(
        f"{name}: the loss is not a number in epoch {epoch}: lower learning_rate or gradient_clip_norm (or use "
        f"precision: float32), and look for NaN in the features"
    )
