"""The trainings of a stage, one for each seed: side by side in processes of one thread each, or one after the other."""

import shutil
from collections.abc import Callable, Sequence
from pathlib import Path

from psl.config import Params, ShardsParams, Training
from psl.config.base import Device
from psl.runtime.cores import at_most_cores
from psl.runtime.errors import PslError
from psl.runtime.gpu import has_gpu
from psl.runtime.memory import workers_that_fit
from psl.runtime.runners.processes import map_over_processes
from tasks.distributed import distributed
from tasks.stage import is_member

# Trains one seed; returns the folder of its checkpoints, or None where it is not this process that removes them.
TrainSeed = Callable[[int], Path | None]
# Of a process that trains: torch, a small network, features of some thousand clips. Presets for GPUs, which train one
# at a time, need more; where it is not enough, shards.trainings limits the number.
TRAINING_BYTES = 1 << 30


def train_by_params(
    params: Params, stage: str, options: list[str], train: TrainSeed, *, training: Training, seeds: Sequence[int]
) -> None:
    """Train each seed: `training.processes` train one network together, or several networks train side by side.

    Members of a process group are started as `python -m tasks.STAGE OPTIONS`.
    """
    if is_member() or training.processes > 1:
        distributed(stage, options, training, lambda: _train_in_turn(train, seeds))
    else:
        train_seeds(params, train, seeds, training.device)


def train_seeds(params: Params, train: TrainSeed, seeds: Sequence[int], device: Device) -> None:
    """Train several seeds at once, each in a process of its own, to which `train` is pickled. The bytes do not change.

    Raises PslError when the process of a seed is killed.
    """
    at_once = trainings_at_once(params.shards, device, len(seeds))
    if at_once == 1:
        _train_in_turn(train, seeds)
        return
    checkpoints = []
    for seed, checkpoint in map_over_processes(train, seeds, at_once):
        if checkpoint is None:
            raise PslError(
                f"the process that trained seed {seed} was killed: see whether the memory was full, and run again "
                "(shards.trainings: 1 trains one at a time)"
            )
        checkpoints.append(checkpoint)
    _remove(checkpoints)


def trainings_at_once(shards: ShardsParams, device: Device, seeds: int) -> int:
    """How many of `seeds` trainings run at once: on CPUs one a core, as memory allows; on a GPU one, unless stated."""
    if _on_gpu(device):
        return min(shards.trainings or 1, seeds)
    return workers_that_fit(
        min(at_most_cores(shards.trainings, "shards.trainings"), seeds), TRAINING_BYTES, "trainings"
    )


def _train_in_turn(train: TrainSeed, seeds: Sequence[int]) -> None:
    _remove([train(seed) for seed in seeds])


def _remove(checkpoints: Sequence[Path | None]) -> None:
    """Only now, when every seed's model is saved: a stage that is killed before trains none of them again."""
    for checkpoint in filter(None, checkpoints):
        shutil.rmtree(checkpoint)


def _on_gpu(device: Device) -> bool:
    if device == "cpu" or not has_gpu():
        return False
    from psl.annotators.inference.network.devices import pick_device  # torch: see tasks/stage.py

    return pick_device(device).type == "cuda"
