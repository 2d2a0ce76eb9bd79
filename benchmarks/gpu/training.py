"""Training on a GPU: our step beside the bare one, loading, number formats, the compiled graph, and a long run."""

import time
from itertools import cycle, islice
from statistics import median
from typing import Any

import torch
from torch import nn
from torch.amp.grad_scaler import GradScaler

from benchmarks.gpu.rows import Measured, Work, compared, rates, wait_for
from benchmarks.gpu.setting import Setting
from psl.annotators.inference.network.devices import autocast
from psl.config import TrainStudent
from psl.training.engine.compiled import CompiledNetwork
from psl.training.engine.step import train_step
from psl.training.engine.validation import validate

EPOCHS, CLIPS = 300, 22_000  # of the balanced set
BATCHES_ON_DEVICE = 8
Tensors = tuple[torch.Tensor, torch.Tensor]


def step_against_bare(setting: Setting) -> Measured:
    """Our step fed by the dataset, against forward, backward and Adam on batches that lie on the device."""
    batches = setting.data.training.stream(1)
    network, params, scaler = setting.network(), setting.training, _scaler(setting.training, setting.device)
    optimiser = torch.optim.Adam(network.parameters(), fused=True)

    def ours() -> int:
        windows = 0
        for mel_BTF, target_BC in islice(batches, setting.sizes.steps):
            batch = torch.from_numpy(mel_BTF).to(setting.device), torch.from_numpy(target_BC).to(setting.device)
            train_step(network, optimiser, scaler, batch, rate=params.learning_rate, params=params)
            windows += len(mel_BTF)
        return windows

    fed, bare = rates([ours, _bare(setting)], setting.device, 2 * setting.sizes.seconds)
    return compared(fed, bare, "bare forward, backward and Adam", target=0.9)


def loading(setting: Setting, step_rate: float) -> Measured:
    """The dataset's batches, against what the step consumes."""
    batches = setting.data.training.stream(1)

    def load() -> int:
        return sum(len(mel_BTF) for mel_BTF, _ in islice(batches, setting.sizes.steps))

    [found] = rates([load], torch.device("cpu"), setting.sizes.seconds)
    return Measured(median(found), against="our step", ratio=median(found) / step_rate, target=2.0)


def steps_on_device(
    setting: Setting, precision: str, *, compiled: bool = False, float32_rate: float | None = None
) -> Measured:
    """Our step on batches that lie on the device, against the same in float32 and not compiled."""
    network = setting.network()
    params = setting.training.model_copy(update={"precision": precision})
    work = _steps(setting, CompiledNetwork(network, setting.sizes.batch_windows) if compiled else network, params)
    [found] = rates([work], setting.device, setting.sizes.seconds)
    if float32_rate is None:
        return Measured(median(found))
    return Measured(median(found), against="float32, not compiled", ratio=median(found) / float32_rate)


def hours_of_training(setting: Setting, step_rate: float) -> Measured:
    """What all epochs would take: steps as measured, and the validation after each epoch as measured here."""
    data, network, seconds = setting.data, setting.network(), []
    for _ in range(2):  # the first warms up
        began = time.perf_counter()
        validate(network, data.validation, data.labels.clip_W, data.validation_weak_NC)
        wait_for(setting.device)
        seconds.append(time.perf_counter() - began)
    validated = CLIPS * setting.training.validation_share
    epoch_s = (CLIPS - validated) / step_rate + validated / len(data.validation) * seconds[-1]
    return Measured(EPOCHS * epoch_s / 3600, unit=f"hours for {EPOCHS} epochs of {CLIPS} clips of 10 s")


def _bare(setting: Setting) -> Work:
    network, batches = setting.network(), cycle(_on_device(setting))
    optimiser, params = torch.optim.Adam(network.parameters(), fused=True), setting.training

    def work() -> int:
        windows = 0
        for mel_BTF, target_BC in islice(batches, setting.sizes.steps):
            with autocast(setting.device, params.precision):
                p_BC = network(mel_BTF)[0]
            loss = nn.functional.binary_cross_entropy(p_BC, target_BC)
            optimiser.zero_grad()
            loss.backward()
            optimiser.step()
            windows += len(mel_BTF)
        return windows

    return work


def _steps(setting: Setting, network: nn.Module, params: TrainStudent) -> Work:
    batches, scaler = cycle(_on_device(setting)), _scaler(params, setting.device)
    optimiser = torch.optim.Adam(network.parameters(), fused=True)

    def work() -> int:
        windows = 0
        for batch in islice(batches, setting.sizes.steps):
            train_step(network, optimiser, scaler, batch, rate=params.learning_rate, params=params)
            windows += len(batch[0])
        return windows

    return work


def _on_device(setting: Setting) -> list[Tensors]:
    """A few full batches of the dataset."""
    size = setting.sizes.batch_windows
    full = (batch for batch in setting.data.training.stream(1) if len(batch[0]) == size)
    return [_tensors(batch, setting.device) for batch in islice(full, BATCHES_ON_DEVICE)]


def _tensors(batch: tuple[Any, Any], device: torch.device) -> Tensors:
    mel_BTF, target_BC = map(torch.from_numpy, batch)
    return mel_BTF.to(device), target_BC.to(device)


def _scaler(params: TrainStudent, device: torch.device) -> GradScaler:
    return GradScaler(device.type, enabled=params.precision == "float16" and device.type == "cuda")
