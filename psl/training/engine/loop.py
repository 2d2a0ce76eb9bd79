"""The training loop: Adam on the binary cross entropy, best weights kept, resumable after each validation."""

import copy
import time
from collections.abc import Callable, Iterator
from contextlib import closing
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
from psl.training.engine.dataset import Batch
from psl.training.engine.history import Validation, best
from psl.training.engine.parameter_groups import RelativeRates, parameter_groups, set_train_mode
from psl.training.engine.process_group import ProcessGroup, current_process_group
from psl.training.engine.random_seeds import AUGMENTATION, FIRST_WEIGHTS, torch_seed
from psl.training.engine.schedule import learning_rate
from psl.training.engine.step import train_step
from psl.training.engine.validation import validate

STEPS_BETWEEN_CHECKS = 100  # for a loss that is not a number: each check waits for the GPU


@dataclass(frozen=True)
class _Run:
    """What stays the same throughout a training."""

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
    """A training after a validation, or before its first step."""

    model: nn.Module
    optimiser: torch.optim.Adam
    scaler: GradScaler
    in_step: nn.Module  # the model, or one around it that is compiled or averages gradients over processes
    best: dict[str, torch.Tensor] = field(default_factory=dict)
    history: list[Validation] = field(default_factory=list)

    @property
    def step(self) -> int:
        """Steps that are done."""
        return self.history[-1].step if self.history else 0

    def as_dict(self) -> dict[str, Any]:
        return {
            "model": self.model.state_dict(),
            "optimiser": self.optimiser.state_dict(),
            "scaler": self.scaler.state_dict(),
            "best": self.best,
            "history": [asdict(validation) for validation in self.history],
        }

    def restore(self, state: dict[str, Any]) -> None:
        self.model.load_state_dict(state["model"])
        self.optimiser.load_state_dict(state["optimiser"])
        self.scaler.load_state_dict(state["scaler"])
        self.best, self.history = state["best"], [Validation(**row) for row in state["history"]]


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
) -> tuple[nn.Module, list[Validation]]:
    """Train a network that `build` makes; return it with its best weights, on the CPU, and the history.

    The first weights and the order of the windows are functions of the seed and the epoch, dropout and augmentation of
    the seed and the number of the validation to come: a training that was killed goes on from the folder `checkpoints`,
    also in the middle of an epoch, and gives the same bytes. `name` appears in the progress lines.
    Several processes may train together (see psl.training.engine.process_group): rank 0 validates, logs and writes.
    Raises PslError when the loss is no longer a number.
    """
    group, device = current_process_group(), pick_device(params.device)
    augment = build_augmentation(params.augmentation)
    if training_data.online is not None:
        augment = training_data.online.after(augment)
    run = _Run(name, training_data, params, seed, relative_rates, augment, group, device, compiled)
    state = _first_state(build, run)
    saved = load_checkpoint(checkpoints)
    if saved is not None:
        state.restore(saved)
        _log(run, f"{name}: goes on after step {state.step}")
    with closing(training_data.training.stream(seed, state.step)) as batches:
        while not _finished(state, params):
            _train_interval(run, state, batches)
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
    if not run.compiled:
        return _State(model, optimiser, scaler, parallel)
    batch = range(run.data.training.largest_batch)
    windows = len(batch[run.group.share(len(batch))[0]])
    return _State(model, optimiser, scaler, CompiledNetwork(parallel, windows))


def _finished(state: _State, params: TrainingParams) -> bool:
    if not state.history:
        return False
    without_better = state.step - best(state.history).step
    stops_early = state.step >= params.min_steps and without_better >= params.patience_steps
    return stops_early or state.step >= params.max_steps


def _train_interval(run: _Run, state: _State, batches: Iterator[Batch]) -> None:
    """The steps up to the next validation, and the validation."""
    began, max_steps = time.monotonic(), run.params.max_steps
    steps = range(state.step, min(state.step + run.params.validation_steps, max_steps))
    torch.manual_seed(torch_seed(run.seed, len(state.history) + 1) + run.group.rank)
    train_loss, n_windows = _train_steps(run, state, steps, batches)
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
        raise _diverged(run.name, steps.stop)
    rate = state.optimiser.param_groups[-1]["lr"]
    epochs = round(steps.stop / run.data.training.steps, 3)
    state.history.append(Validation(steps.stop, epochs, train_loss, validation_loss, mean_ap, rate))
    is_best = best(state.history).step == steps.stop
    if is_best:
        state.best = copy.deepcopy(state.model.state_dict())
    left = (max_steps - steps.stop) / len(steps) * (time.monotonic() - began)
    _log(
        run,
        f"{run.name}: step {steps.stop}/{max_steps}, loss {train_loss:.4f}, "
        f"validation {validation_loss:.4f}{' (best)' if is_best else ''}, "
        f"mAP {mean_ap:.3f}, {n_windows / seconds:.0f} windows/s, {left:.0f} s left",
    )


def _train_steps(run: _Run, state: _State, steps: range, batches: Iterator[Batch]) -> tuple[float, int]:
    """Take these steps; the mean loss of a window, or of a known target, of all processes, and how many windows."""
    params, partial, n_windows = run.params, run.data.training.targets.partial, 0
    counted: torch.Tensor | int = 0  # windows or, of targets that may be unknown, those that are known
    total = torch.zeros((), dtype=torch.float64, device=run.device)
    seed = torch_seed(run.seed, len(state.history) + 1, AUGMENTATION)
    random = torch.Generator(run.device).manual_seed(seed + run.group.rank)
    set_train_mode(state.model, run.relative_rates)
    for step, (mel_BTF, target_BC) in zip(steps, batches, strict=False):  # steps first: no batch is lost at their end
        part, weight = run.group.share(len(mel_BTF))
        mel, target = (torch.from_numpy(array[part]).to(run.device) for array in (mel_BTF, target_BC))
        batch = run.augment(mel, target, random)
        share, count = run.group.share_of_known(batch[1], weight) if partial else (weight, len(mel_BTF))
        loss = train_step(
            state.in_step,
            state.optimiser,
            state.scaler,
            batch,
            rate=learning_rate(step, params.max_steps, params),
            params=params,
            weight=share,
            partial=partial,
        )
        total += loss * share * count
        counted += count
        n_windows += len(mel_BTF)
        is_checked = (step - steps.start) % STEPS_BETWEEN_CHECKS == 0 or step + 1 == steps.stop
        if is_checked and not torch.isfinite(run.group.mean(total)):
            raise _diverged(run.name, step + 1)
    return run.group.mean(total).item() / max(float(counted), 1), n_windows  # no target may be known in an interval


def _log(run: _Run, line: str) -> None:
    if run.group.is_main:
        log(line)


def _diverged(name: str, step: int) -> PslError:
    return PslError(
        f"{name}: the loss is not a number by step {step}: lower learning_rate or gradient_clip_norm (or use "
        f"precision: float32), and look for NaN in the features"
    )
