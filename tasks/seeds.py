"""The trainings of a stage, one for each seed: side by side in processes of one thread each, or one after the other."""

import shutil
from collections.abc import Callable, Iterable, Sequence
from pathlib import Path
from typing import TypeVar

from psl.config import Params, ShardsParams, Training
from psl.config.base import Device
from psl.runtime.cores import at_most_cores
from psl.runtime.errors import PslError
from psl.runtime.gpu import has_gpu
from psl.runtime.memory import workers_that_fit
from psl.runtime.runners.processes import map_over_processes
from tasks.distributed import distributed
from tasks.stage import is_member

Which = TypeVar("Which")  # a seed, or what else tells the networks of a stage apart; messages show it as text
# Trains one seed; returns the folder of its checkpoints, or None where it is not this process that removes them.
TrainSeed = Callable[[Which], Path | None]
# Of a process that trains: torch, a small network, features of some thousand clips. Presets for GPUs, which train one
# at a time, need more; where it is not enough, shards.trainings limits the number.
TRAINING_BYTES = 1 << 30


def train_by_params(
    params: Params,
    stage: str,
    options: list[str],
    generations: Iterable[TrainSeed[Which]],
    *,
    training: Training,
    seeds: Sequence[Which],
) -> None:
    """Train each seed of each of `generations`, which learn from one another in this order; mostly there is one.

    `training.processes` train one network together, or several networks train side by side. Members of a process group
    are started as `python -m tasks.STAGE OPTIONS`.
    """
    if is_member() or training.processes > 1:
        distributed(stage, options, training, lambda: _train_together(generations, seeds))
    else:
        trained = (_trained(params, train, seeds, training.device) for train in generations)
        _remove([checkpoint for checkpoints in trained for checkpoint in checkpoints])


def train_seeds(params: Params, train: TrainSeed[Which], seeds: Sequence[Which], device: Device) -> None:
    """Train several seeds at once, each in a process of its own, to which `train` is pickled. The bytes do not change.

    Raises PslError when the process of a seed is killed.
    """
    _remove(_trained(params, train, seeds, device))


def _trained(params: Params, train: TrainSeed[Which], seeds: Sequence[Which], device: Device) -> list[Path | None]:
    """Train several seeds as `train_seeds` does; the folders of their checkpoints."""
    at_once = trainings_at_once(params.shards, device, len(seeds))
    if at_once == 1:
        return [train(seed) for seed in seeds]
    checkpoints: list[Path | None] = []
    for seed, checkpoint in map_over_processes(train, seeds, at_once):
        if checkpoint is None:
            raise PslError(
                f"the process that trained seed {seed} was killed: see whether the memory was full, and run again "
                "(shards.trainings: 1 trains one at a time)"
            )
        checkpoints.append(checkpoint)
    return checkpoints


def trainings_at_once(shards: ShardsParams, device: Device, seeds: int) -> int:
    """How many of `seeds` trainings run at once: on CPUs one a core, as memory allows; on a GPU one, unless stated."""
    if _on_gpu(device):
        return min(shards.trainings or 1, seeds)
    return workers_that_fit(
        min(at_most_cores(shards.trainings, "shards.trainings"), seeds), TRAINING_BYTES, "trainings"
    )


def _train_together(generations: Iterable[TrainSeed[Which]], seeds: Sequence[Which]) -> None:
    """In a member of a process group; no generation begins before the networks of the one before it are saved."""
    from psl.training.engine.process_group import current_process_group  # torch: see tasks/stage.py

    checkpoints: list[Path | None] = []
    for train in generations:
        checkpoints += [train(seed) for seed in seeds]
        current_process_group().wait_for_main()
    _remove(checkpoints)


def _remove(checkpoints: Sequence[Path | None]) -> None:
    """Only now, when all models are saved: a stage that is killed before trains none of them again."""
    for checkpoint in filter(None, checkpoints):
        shutil.rmtree(checkpoint)


def _on_gpu(device: Device) -> bool:
    if device == "cpu" or not has_gpu():
        return False
    from psl.annotators.inference.network.devices import pick_device  # torch: see tasks/stage.py

    return pick_device(device).type == "cuda"
