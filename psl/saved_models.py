"""Trained models on disk: weights beside readable JSON, class list and history; read back, each is an annotator and a tagger."""

import copy
import json
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from itertools import pairwise
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt
import torch
from safetensors import SafetensorError
from safetensors.torch import load_file, save_file
from torch import nn
from torch.nn.utils.fusion import fuse_conv_bn_eval

from psl.devices import Device, pick_device
from psl.errors import PslError
from psl.files import hash_file, write_json, write_whole_folder
from psl.params import Architecture, FrontEndParams
from psl.vocabulary import Vocabulary

WEIGHTS, ABOUT, CLASSES, HISTORY = "model.safetensors", "model.json", "classes.csv", "history.csv"
Builder = Callable[[int, Architecture], nn.Module]
Builders = Mapping[str, Builder]


def builder_of(builders: Builders, architecture: Architecture) -> Builder:
    """The builder of a network by its name. Raises PslError that lists the names there are."""
    if architecture.name not in builders:
        raise PslError(f"there is no architecture {architecture.name}: choose one of {', '.join(builders)}")
    return builders[architecture.name]


def save(
    folder: Path,
    model: nn.Module,
    architecture: Architecture,
    front_end: FrontEndParams,
    front_end_hash: str,
    vocabulary: Vocabulary,
    trained_on: dict[str, Any],
    history_csv: str,
) -> None:
    """Write the model's folder, whole or not at all. Same model, same bytes. `trained_on` is what a reader should know, as JSON."""
    with write_whole_folder(folder) as temporary:
        save_file({name: tensor.contiguous() for name, tensor in model.state_dict().items()}, temporary / WEIGHTS)
        about = {
            "architecture": architecture.model_dump(),
            "front_end": front_end.model_dump(),
            "front_end_hash": front_end_hash,
            "n_parameters": sum(parameter.numel() for parameter in model.parameters()),
            "trained_on": trained_on,
            "vocabulary_hash": vocabulary.hash,
            "weights_hash": hash_file(temporary / WEIGHTS),
        }
        write_json(temporary / ABOUT, about)
        vocabulary.write(temporary / CLASSES)
        (temporary / HISTORY).write_text(history_csv)


@dataclass(frozen=True)
class SavedModel:
    """A model ready to label windows and clips: a psl.annotators.Annotator, and a tagger of psl.tagging."""

    name: str
    network: nn.Module  # in evaluation mode, on its device
    vocabulary: Vocabulary
    about: dict[str, Any]  # model.json

    @property
    def front_end_hash(self) -> str:
        """Of the features it was trained on."""
        return str(self.about["front_end_hash"])

    @property
    def weights_hash(self) -> str:
        """Of model.safetensors."""
        return str(self.about["weights_hash"])

    def __call__(self, mel_BTF: npt.NDArray[np.float32]) -> npt.NDArray[np.float32]:
        """Probabilities p_BC."""
        device = next(self.network.parameters()).device
        with torch.inference_mode():
            p_BC: npt.NDArray[np.float32] = self.network(torch.from_numpy(mel_BTF).to(device))[0].cpu().numpy()
        return p_BC


def load(folder: Path, builders: Builders, device: Device = "auto") -> SavedModel:
    """Read what `save` wrote; `builders` are models.MODELS. Raises PslError for a folder that is absent, foreign or damaged."""
    network, vocabulary, about = read_network(folder, builders)
    return SavedModel(folder.as_posix(), for_inference(network, pick_device(device)), vocabulary, about)


def seed_folders(folder: Path) -> dict[int, Path]:
    """The folder of each seed of a model, by rising seed. Raises PslError when there is none."""
    found = sorted((int(path.name.removeprefix("seed")), path) for path in folder.glob("seed*"))
    if not found:
        raise PslError(f"there is no trained model in {folder}: run the stage that trains it (`dvc repro`)")
    return dict(found)


def read_network(folder: Path, builders: Builders) -> tuple[nn.Module, Vocabulary, dict[str, Any]]:
    """The network as it was trained, its classes and its model.json; errors as those of `load`."""
    if not (folder / ABOUT).is_file():
        raise PslError(f"there is no model in {folder}: run the stage that trains it (`dvc repro`)")
    vocabulary = Vocabulary.read(folder / CLASSES)
    try:
        about = json.loads((folder / ABOUT).read_text())
        architecture = Architecture.model_validate(about["architecture"])
        network = builder_of(builders, architecture)(len(vocabulary), architecture)
        intact = hash_file(folder / WEIGHTS) == about["weights_hash"] and vocabulary.hash == about["vocabulary_hash"]
        network.load_state_dict(load_file(folder / WEIGHTS))
    except (ValueError, KeyError, OSError, RuntimeError, SafetensorError) as error:
        reason = " ".join(str(error).split())
        raise PslError(f"{folder} is not a model as psl writes them ({reason[:200]}): train it anew") from error
    if not intact:
        raise PslError(f"the weights or classes in {folder} are not those that {ABOUT} was written for: train the model anew")
    return network, vocabulary, about


def for_inference(network: nn.Module, device: torch.device) -> nn.Module:
    """A copy in evaluation mode, on `device`, that gives the same probabilities sooner.

    Batch norm, half of a forward's time, is folded into the convolution before it; the CPU gets channels last, which makes
    its forward 1.4 times as fast (not its backward).
    """
    network = copy.deepcopy(network).eval()
    for sequence in [module for module in network.modules() if isinstance(module, nn.Sequential)]:
        for i, (layer, norm) in enumerate(pairwise(sequence)):
            if isinstance(layer, nn.Conv2d) and isinstance(norm, nn.BatchNorm2d):
                sequence[i], sequence[i + 1] = fuse_conv_bn_eval(layer, norm), nn.Identity()
    network = network.to(device)
    return network.to(memory_format=torch.channels_last) if device.type == "cpu" else network  # type: ignore[call-overload]
