"""The processes that train one network together: each takes its share of every batch, and the first one decides, speaks and writes."""

import os
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import timedelta
from typing import TypeVar

import torch
import torch.distributed as dist
from torch import nn
from torch.nn.parallel import DistributedDataParallel

from psl.devices import Device, pick_device
from psl.errors import PslError

Value = TypeVar("Value")
MEET = "PSL_MEET"  # environment: the file by which the processes find each other; without it torchrun's address
LONGEST_WAIT = timedelta(hours=6)  # the others wait while the first one validates and writes


@dataclass(frozen=True)
class Team:
    """Process `rank` of `size`; one alone needs no torch.distributed."""

    rank: int = 0
    size: int = 1

    @property
    def is_first(self) -> bool:
        """Whether this process speaks and writes."""
        return self.rank == 0

    def share(self, windows: int) -> tuple[slice, float]:
        """This process's part of a batch, and what its mean loss weighs, so that the mean over processes is the batch's.

        Where there are fewer windows than processes, the rest takes one along that weighs nothing.

        >>> Team().share(5), Team(0, 2).share(5), Team(1, 2).share(5), Team(1, 2).share(1)
        ((slice(0, None, 1), 1.0), (slice(0, None, 2), 1.2), (slice(1, None, 2), 0.8), (slice(0, 1, None), 0.0))
        """
        mine = len(range(self.rank, windows, self.size))
        return (slice(self.rank, None, self.size), mine * self.size / windows) if mine else (slice(0, 1), 0.0)

    def trained_together(self, model: nn.Module) -> nn.Module:
        """The model, or one around it that averages gradients over the processes; all begin with the first one's weights."""
        return model if self.size == 1 else DistributedDataParallel(model)

    def mean(self, value: torch.Tensor) -> torch.Tensor:
        """The mean of the processes' values, the same in each."""
        if self.size > 1:
            value = value.clone()
            dist.all_reduce(value)
            value /= self.size
        return value

    def first_says(self, value: Callable[[], Value]) -> Value:
        """What `value` gives in the first process, which alone computes it."""
        if self.size == 1:
            return value()
        said = [value() if self.is_first else None]
        dist.broadcast_object_list(said)
        return said[0]  # type: ignore[return-value]


def team() -> Team:
    """The team that this process joined; alone, when it joined none."""
    return Team(dist.get_rank(), dist.get_world_size()) if dist.is_available() and dist.is_initialized() else Team()


@contextmanager
def joined(wish: Device) -> Iterator[None]:
    """Join the processes that RANK and WORLD_SIZE tell of, over NCCL on CUDA and Gloo elsewhere, for as long as the block runs."""
    rank, size, local = (int(os.environ[name]) for name in ("RANK", "WORLD_SIZE", "LOCAL_RANK"))
    device = pick_device(wish)
    if device.type == "cuda":
        if local >= torch.cuda.device_count():
            raise PslError(
                f"{local + 1} processes were asked for and there are {torch.cuda.device_count()} CUDA devices: lower `processes`"
            )
        torch.cuda.set_device(local)
    meeting = f"file://{os.environ[MEET]}" if MEET in os.environ else "env://"
    dist.init_process_group(
        "nccl" if device.type == "cuda" else "gloo", init_method=meeting, rank=rank, world_size=size, timeout=LONGEST_WAIT
    )
    try:
        yield
    finally:
        dist.destroy_process_group()
