"""A whole training: from its data to a saved model, resumable until the model is there."""

import shutil
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from torch import nn

from psl.annotators.inference.network.saved_model import Builder, save
from psl.config import Plugin, Training, TrainingParams
from psl.io.features.store import FeatureStore
from psl.io.hashes import hash_json
from psl.runtime.code_hash import code_hash
from psl.training.engine.data import TrainingData
from psl.training.engine.history import best_epoch, history_csv
from psl.training.engine.loop import train
from psl.training.engine.parameter_groups import RelativeRates
from psl.training.engine.process_group import current_process_group


@dataclass(frozen=True)
class Network:
    """A network to train: `build` makes it with its first weights, by torch's random numbers."""

    architecture: Plugin
    build: Callable[[], nn.Module]
    about: Mapping[str, Any]  # joins `trained_on` in model.json


def train_to_folders(
    folder: Path,
    store: FeatureStore,
    training_data: TrainingData,
    params: Training,
    *,
    seeds: Sequence[int],
    build: Builder,
    inputs: str,
    checkpoints: Path,
) -> None:
    """Train a fresh network with each seed and save it into `folder`/seed<S>, as `train_networks` does."""
    n_classes = len(training_data.labels.vocabulary)
    network = Network(params.architecture, lambda: build(n_classes, params.architecture), {})
    train_networks(
        folder,
        store,
        training_data,
        params,
        networks=dict.fromkeys(seeds, network),
        relative_rates={},
        inputs=inputs,
        checkpoints=checkpoints,
    )


def train_networks(
    folder: Path,
    store: FeatureStore,
    training_data: TrainingData,
    params: TrainingParams,
    *,
    networks: Mapping[int, Network],
    relative_rates: RelativeRates,
    inputs: str,
    checkpoints: Path,
) -> None:
    """Train the network of each seed and save it into `folder`/seed<S>.

    Until all are saved their checkpoints are in `checkpoints`, under names that depend on the parameters and on
    `inputs`, a hash of the code and of the files that are read: a killed training of the same goes on from them.
    """
    group, finished = current_process_group(), []
    for seed, network in networks.items():
        trained_on = {**_trained_on(training_data, params, seed), **network.about}
        checkpoint = checkpoints / hash_json([trained_on, inputs, folder.as_posix()])
        finished.append(checkpoint)
        model, history = train(
            network.build,
            training_data,
            params,
            seed,
            relative_rates=relative_rates,
            checkpoints=checkpoint,
            name=f"{folder.name}/seed{seed}",
        )
        if group.is_main:
            save(
                folder / f"seed{seed}",
                model,
                network.architecture,
                store.front_end,
                front_end_hash=store.front_end_hash,
                vocabulary=training_data.labels.vocabulary,
                trained_on=trained_on | {"best_epoch": best_epoch(history).epoch, "epochs": len(history)},
                history_csv=history_csv(history),
            )
    for checkpoint in finished if group.is_main else ():
        shutil.rmtree(checkpoint)


def _trained_on(training_data: TrainingData, params: TrainingParams, seed: int) -> dict[str, Any]:
    return {
        "labels": training_data.labels.provenance,
        "n_training_clips": training_data.training.n_clips,
        "n_validation_clips": training_data.validation.n_clips,
        "n_training_windows": len(training_data.training),
        "n_validation_windows": len(training_data.validation),
        "parameters": params.model_dump(mode="json", exclude={"seed", "seeds", "processes"}),
        "processes": current_process_group().world_size,
        "seed": seed,
    }


def state_of_inputs(module: str, *paths: Path) -> str:
    """Hash of the code of `module`, and of the names, sizes and times of files and of the files in folders."""
    files = sorted(file for path in paths for file in (path.rglob("*") if path.is_dir() else [path]) if file.is_file())
    stats = [(file.as_posix(), file.stat()) for file in files]
    return hash_json([code_hash(module), *([name, stat.st_size, stat.st_mtime_ns] for name, stat in stats)])
