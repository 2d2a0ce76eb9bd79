"""A whole training: from its material to a saved model, resumable until the model is there."""

import shutil
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from torch import nn

from psl.features.store import FeatureStore
from psl.files import hash_code, hash_json
from psl.params import Architecture, Course, Training
from psl.saved_models import Builders, builder_of, save
from psl.training.history import best_epoch, history_csv
from psl.training.loop import train
from psl.training.material import Material
from psl.training.team import team

CODE = ("models", "psl.training", "psl.targets", "psl.window_dataset", "psl.splits")


@dataclass(frozen=True)
class Network:
    """What is trained: `build` makes it with its first weights, by torch's random numbers; `about` joins what its model.json says."""

    architecture: Architecture
    build: Callable[[], nn.Module]
    about: Mapping[str, Any]


def train_to_folders(
    folder: Path,
    store: FeatureStore,
    material: Material,
    params: Training,
    seeds: Sequence[int],
    builders: Builders,
    inputs: str,
    checkpoints: Path,
) -> None:
    """Train a fresh network with each seed and save it into `folder`/seed<S>, as `train_networks` does."""
    build, classes = builder_of(builders, params.architecture), len(material.labels.vocabulary)
    fresh = {seed: Network(params.architecture, lambda: build(classes, params.architecture), {}) for seed in seeds}
    train_networks(folder, store, material, params, fresh, inputs, checkpoints)


def train_networks(
    folder: Path, store: FeatureStore, material: Material, params: Course, networks: Mapping[int, Network], inputs: str, checkpoints: Path
) -> None:
    """Train the network of each seed and save it into `folder`/seed<S>.

    Until all are saved their checkpoints lie in `checkpoints`, under names that depend on the parameters and on `inputs`, a
    hash of the code and of the files that are read: a killed training of the same goes on from them.
    """
    made = []
    for seed, network in networks.items():
        trained_on = {**_about(material, params, seed), **network.about}
        made.append(checkpoints / hash_json([trained_on, inputs, folder.as_posix()]))
        model, history = train(network.build, material, params, seed, made[-1], f"{folder.name}/seed{seed}")
        if not team().is_first:
            continue
        trained_on |= {"best_epoch": best_epoch(history).epoch, "epochs": len(history)}
        kind, classes = (network.architecture, store.front_end, store.front_end_hash), material.labels.vocabulary
        save(folder / f"seed{seed}", model, *kind, classes, trained_on, history_csv(history))
    for checkpoint in made if team().is_first else ():
        shutil.rmtree(checkpoint)


def _about(material: Material, params: Course, seed: int) -> dict[str, Any]:
    return {
        "labels": material.labels.provenance,
        "n_training_clips": material.training.n_clips,
        "n_validation_clips": material.validation.n_clips,
        "n_training_windows": len(material.training),
        "n_validation_windows": len(material.validation),
        "parameters": params.model_dump(mode="json", exclude={"seed", "seeds", "processes"}),
        "processes": team().size,
        "seed": seed,
    }


def state_of_inputs(*paths: Path) -> str:
    """Hash of the code that trains, and of the names, sizes and times of files and of the files in folders."""
    files = sorted(file for path in paths for file in (path.rglob("*") if path.is_dir() else [path]) if file.is_file())
    return hash_json([hash_code(*CODE), *([file.as_posix(), file.stat().st_size, file.stat().st_mtime_ns] for file in files)])
