"""A whole training: from its data to a saved model, resumable until the model is there."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from torch import nn

from psl.annotators.inference.network.devices import pick_device
from psl.annotators.inference.network.saved_model import Builder, save
from psl.config import Plugin, Training, TrainingParams
from psl.io.features.store import FeatureStore
from psl.io.hashes import hash_json
from psl.runtime.code_hash import code_hash
from psl.training.engine.compiled import can_compile
from psl.training.engine.data import TrainingData
from psl.training.engine.history import best, history_csv
from psl.training.engine.loop import train
from psl.training.engine.parameter_groups import RelativeRates
from psl.training.engine.process_group import current_process_group


@dataclass(frozen=True)
class Network:
    """A network to train: `build` makes it with its first weights, by torch's random numbers."""

    architecture: Plugin
    build: Callable[[], nn.Module]
    about: Mapping[str, Any]  # joins `trained_on` in model.json


def fresh_network(training_data: TrainingData, params: Training, build: Builder) -> Network:
    """A network that starts from random weights, for the classes of the labels."""
    n_classes = len(training_data.labels.vocabulary)
    return Network(params.architecture, lambda: build(n_classes, params.architecture), {})


def train_network(
    folder: Path,
    store: FeatureStore,
    training_data: TrainingData,
    params: TrainingParams,
    *,
    seed: int,
    network: Network,
    relative_rates: RelativeRates,
    inputs: str,
    checkpoints: Path,
) -> Path | None:
    """Train a network and save it into `folder`/seed<S>.

    Returns the folder of its checkpoints, in `checkpoints`, for the caller to remove when all seeds are saved (None in
    a process that did not write it). Its name depends on the parameters and on `inputs`, a hash of the code and of the
    files that are read: a killed training of the same goes on from it.
    """
    compiled = params.compile and can_compile(pick_device(params.device).type)
    trained_on = {**_trained_on(training_data, params, seed), **network.about, "compiled": compiled}
    checkpoint = checkpoints / hash_json([trained_on, inputs, folder.as_posix()])
    model, history = train(
        network.build,
        training_data,
        params,
        seed,
        relative_rates=relative_rates,
        checkpoints=checkpoint,
        name=f"{folder.name}/seed{seed}",
        compiled=compiled,
    )
    if not current_process_group().is_main:
        return None
    save(
        folder / f"seed{seed}",
        model,
        network.architecture,
        store.front_end,
        front_end_hash=store.front_end_hash,
        vocabulary=training_data.labels.vocabulary,
        trained_on=trained_on | {"best_step": best(history).step, "steps": history[-1].step},
        history_csv=history_csv(history),
    )
    return checkpoint


def _trained_on(training_data: TrainingData, params: TrainingParams, seed: int) -> dict[str, Any]:
    return {
        "labels": training_data.labels.provenance,
        "n_training_clips": training_data.training.n_clips,
        "n_validation_clips": training_data.validation.n_clips,
        "n_training_windows": len(training_data.training),
        "n_validation_windows": len(training_data.validation),
        "parameters": params.model_dump(mode="json", exclude={"seed", "seeds", "processes", "cross_fit_parts"}),
        "processes": current_process_group().world_size,
        "seed": seed,
        **(training_data.online.about if training_data.online else {}),
    }


def state_of_inputs(module: str, *paths: Path) -> str:
    """Hash of the code of `module`, and of the names, sizes and times of files and of the files in folders."""
    files = sorted(file for path in paths for file in (path.rglob("*") if path.is_dir() else [path]) if file.is_file())
    stats = [(file.as_posix(), file.stat()) for file in files]
    return hash_json([code_hash(module), *([name, stat.st_size, stat.st_mtime_ns] for name, stat in stats)])
