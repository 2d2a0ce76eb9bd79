"""What the parts of the GPU's benchmark share: parameters, device, and clips of noise made once."""

from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from tempfile import TemporaryDirectory

import torch
from torch import nn

from benchmarks.training import noise_data
from psl.annotators.inference.network.build import build_network
from psl.config import Params, Plugin, TrainStudent
from psl.config.file import read_params
from psl.config.presets import render
from psl.training.engine.data import TrainingData

PRESETS = Path("presets")
WINDOW_MS = 10_000


@dataclass(frozen=True, kw_only=True)
class Sizes:
    """What the command line sets."""

    width: float
    batch_windows: int
    classes: int
    clips: int  # of noise, 10 s each
    steps: int  # that are timed at once
    seconds: float  # for the rounds of a part
    processes: int  # that share the device


@dataclass(frozen=True)
class Setting:
    """The preset `paper` with the command line's sizes, on a device; files go below `root`."""

    sizes: Sizes
    device: torch.device
    root: Path

    @cached_property
    def params(self) -> Params:
        """The preset's, as params.yaml would have them."""
        return preset("paper")

    @cached_property
    def training(self) -> TrainStudent:
        """The preset's for students, with the sizes; clips are streamed, as those of a corpus larger than memory."""
        training, sizes = self.params.train_student, self.sizes
        changes = {
            "architecture": Plugin(**training.architecture.model_dump() | {"width": sizes.width}),
            "batch_windows": sizes.batch_windows,
            "shuffle_buffer_clips": max(min(training.shuffle_buffer_clips, sizes.clips // 4), 1),
        }
        return training.model_copy(update=changes)

    @cached_property
    def data(self) -> TrainingData:
        """Training and validation windows of 10 s."""
        return noise_data(
            self.root,
            self.params,
            self.training,
            self.sizes.clips,
            window_ms=WINDOW_MS,
            classes=self.sizes.classes,
        )

    def network(self) -> nn.Module:
        """A fresh network on the device."""
        return build_network(self.sizes.classes, self.training.architecture).to(self.device)


def preset(name: str) -> Params:
    """The parameters of a preset."""
    with TemporaryDirectory() as folder:
        path = Path(folder) / "params.yaml"
        path.write_text(render(PRESETS, name), encoding="utf-8")
        return read_params(path)
