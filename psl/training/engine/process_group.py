"""Processes that train one network together: each takes its share of every batch; rank 0 validates, logs and writes."""

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

from psl.annotators.inference.network.devices import Device, pick_device
from psl.runtime.errors import PslError

Value = TypeVar("Value")
INIT_FILE = (
    "PSL_INIT_FILE"  # environment: the file by which the processes meet; without it they meet at torchrun's address
)
TIMEOUT = timedelta(hours=6)  # the others wait while rank 0 validates and writes


@dataclass(frozen=True)
class ProcessGroup:
    """Process `rank` of `world_size`; one alone needs no torch.distributed."""

    rank: int = 0
    world_size: int = 1

    @property
    def is_main(self) -> bool:
        """Whether this process logs and writes."""
        return self.rank == 0

    def share(self, windows: int) -> tuple[slice, float]:
        """This process's part of a batch, and the weight of its mean loss: the mean over processes is the batch's.

        Where there are fewer windows than processes, the others take one that weighs nothing.

        >>> ProcessGroup().share(5), ProcessGroup(0, 2).share(5), ProcessGroup(1, 2).share(5)
        ((slice(0, None, 1), 1.0), (slice(0, None, 2), 1.2), (slice(1, None, 2), 0.8))
        >>> ProcessGroup(1, 2).share(1)
        (slice(0, 1, None), 0.0)
        """
        count = len(range(self.rank, windows, self.world_size))
        if not count:
            return slice(0, 1), 0.0
        return slice(self.rank, None, self.world_size), count * self.world_size / windows

    def share_of_known(self, target_BC: torch.Tensor, weight: float) -> tuple[torch.Tensor, torch.Tensor]:
        """The weight of this process's mean loss over the known targets (not NaN), and how many all processes have.

        The counterpart of `share`, whose `weight` is 0 for targets that do not count. The mean over processes is the
        mean over the batch's known targets.
        """
        known = target_BC.isnan().logical_not().sum().double() * float(weight > 0)
        mean = self.mean(known)
        return (known / mean.clamp(min=1 / self.world_size)).float(), mean * self.world_size

    def data_parallel(self, model: nn.Module) -> nn.Module:
        """The model, or one around it that averages gradients over the processes; all begin with rank 0's weights."""
        return model if self.world_size == 1 else DistributedDataParallel(model)

    def mean(self, value: torch.Tensor) -> torch.Tensor:
        """The mean of the processes' values, the same in each."""
        if self.world_size > 1:
            value = value.clone()
            dist.all_reduce(value)
            value /= self.world_size
        return value

    def broadcast(self, compute: Callable[[], Value]) -> Value:
        """What `compute` returns in rank 0, which alone calls it."""
        if self.world_size == 1:
            return compute()
        values = [compute() if self.is_main else None]
        dist.broadcast_object_list(values)
        return values[0]  # type: ignore[return-value]

    def wait_for_main(self) -> None:
        """Return when rank 0 has come here, too."""
        self.broadcast(lambda: None)


def current_process_group() -> ProcessGroup:
    """The group that this process has joined; a group of one when it has joined none."""
    if dist.is_available() and dist.is_initialized():
        return ProcessGroup(dist.get_rank(), dist.get_world_size())
    return ProcessGroup()


@contextmanager
def joined_process_group(device: Device) -> Iterator[None]:
    """Join the processes of RANK and WORLD_SIZE, over NCCL on CUDA and Gloo elsewhere, while the block runs.

    Raises PslError where there are fewer CUDA devices than processes.
    """
    rank, world_size, local_rank = (int(os.environ[name]) for name in ("RANK", "WORLD_SIZE", "LOCAL_RANK"))
    is_cuda = pick_device(device).type == "cuda"
    if is_cuda:
        n_devices = torch.cuda.device_count()
        if local_rank >= n_devices:
            raise PslError(
                f"there is no CUDA device for process {local_rank + 1}, there are {n_devices}: lower `processes`"
            )
        torch.cuda.set_device(local_rank)
    dist.init_process_group(
        "nccl" if is_cuda else "gloo",
        init_method=f"file://{os.environ[INIT_FILE]}" if INIT_FILE in os.environ else "env://",
        rank=rank,
        world_size=world_size,
        timeout=TIMEOUT,
    )
    try:
        yield
    finally:
        dist.destroy_process_group()
