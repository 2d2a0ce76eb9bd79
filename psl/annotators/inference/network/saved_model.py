"""Trained models on disk: weights beside readable JSON, classes and history; read back, they label windows."""

import copy
import json
from collections.abc import Callable
from dataclasses import dataclass
from itertools import pairwise
from pathlib import Path
from typing import Any, Literal

import numpy as np
import numpy.typing as npt
import torch
from safetensors import SafetensorError
from safetensors.torch import load_file, save_file
from torch import nn
from torch.nn.utils.fusion import fuse_conv_bn_eval

from psl.annotators.inference.annotator import FeatureInput
from psl.annotators.inference.network.devices import Device, pick_device
from psl.config import FrontEndParams, Plugin
from psl.io.files import atomic_folder, write_json
from psl.io.hashes import hash_file
from psl.io.metadata.vocabulary import Vocabulary
from psl.runtime.errors import PslError

WEIGHTS, ABOUT, CLASSES, HISTORY = "model.safetensors", "model.json", "classes.csv", "history.csv"
Builder = Callable[[int, Plugin], nn.Module]  # build_network: a network of so many classes


def save(
    folder: Path,
    model: nn.Module,
    architecture: Plugin,
    front_end: FrontEndParams,
    *,
    front_end_hash: str,
    vocabulary: Vocabulary,
    trained_on: dict[str, Any],
    history_csv: str,
) -> None:
    """Write the model's folder, whole or not at all. Same model, same bytes.

    `trained_on` goes into model.json: data and parameters of the training.
    """
    with atomic_folder(folder) as temporary:
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
    """A model ready to label windows and clips: an Annotator, and a tagger of psl.annotators.inference.clip_scores."""

    name: str
    network: nn.Module  # in evaluation mode, on its device
    vocabulary: Vocabulary
    about: dict[str, Any]  # model.json

    @property
    def input(self) -> FeatureInput:
        """Features of the front end that it was trained with."""
        return FeatureInput(str(self.about["front_end_hash"]))

    @property
    def architecture(self) -> str:
        """The file of models/ that built the network."""
        return str(self.about["architecture"]["name"])

    @property
    def n_parameters(self) -> int:
        """Of the network."""
        return int(self.about["n_parameters"])

    @property
    def weights_hash(self) -> str:
        """Of model.safetensors."""
        return str(self.about["weights_hash"])

    @property
    def fills_batches(self) -> bool:
        """It computes a batch as it is."""
        return False

    @property
    def device(self) -> Literal["cpu", "cuda"]:
        """Where the network computes."""
        return "cuda" if next(self.network.parameters()).is_cuda else "cpu"

    def __call__(self, mel_BTF: npt.NDArray[np.float32]) -> npt.NDArray[np.float32]:
        """Probabilities p_BC."""
        device = next(self.network.parameters()).device
        with torch.inference_mode():
            p_BC: npt.NDArray[np.float32] = self.network(torch.from_numpy(mel_BTF).to(device))[0].cpu().numpy()
        return p_BC


def load(folder: Path, build: Builder, device: Device = "auto") -> SavedModel:
    """Read what `save` wrote; `build` is build_network.

    Raises PslError for a folder that is absent, foreign or damaged.
    """
    network, vocabulary, about = read_network(folder, build)
    return SavedModel(folder.as_posix(), for_inference(network, pick_device(device)), vocabulary, about)


def seed_folders(folder: Path) -> dict[int, Path]:
    """The folder of each seed of a model, by rising seed. Raises PslError when there is none."""
    folders = sorted((int(path.name.removeprefix("seed")), path) for path in folder.glob("seed*"))
    if not folders:
        raise PslError(f"there is no trained model in {folder}: run the stage that trains it (`dvc repro`)")
    return dict(folders)


def read_network(folder: Path, build: Builder) -> tuple[nn.Module, Vocabulary, dict[str, Any]]:
    """The network as it was trained, its classes and its model.json; errors as those of `load`."""
    if not (folder / ABOUT).is_file():
        raise PslError(f"there is no model in {folder}: run the stage that trains it (`dvc repro`)")
    vocabulary = Vocabulary.read(folder / CLASSES)
    try:
        about = json.loads((folder / ABOUT).read_text())
        network = build(len(vocabulary), Plugin.model_validate(about["architecture"]))
        intact = hash_file(folder / WEIGHTS) == about["weights_hash"] and vocabulary.hash == about["vocabulary_hash"]
        network.load_state_dict(load_file(folder / WEIGHTS))
    except (ValueError, KeyError, OSError, RuntimeError, SafetensorError) as error:
        reason = " ".join(str(error).split())
        raise PslError(f"{folder} is not a model as psl writes them ({reason[:200]}): train it anew") from error
    if not intact:
        raise PslError(
            f"the weights or classes in {folder} are not those that {ABOUT} was written for: train the model anew"
        )
    return network, vocabulary, about


def for_inference(network: nn.Module, device: torch.device) -> nn.Module:
    """A copy in evaluation mode, on `device`, that gives the same probabilities sooner.

    Batch norm, half of a forward's time, is folded into the convolution before it; the CPU gets channels last, which
    makes its forward 1.4 times as fast (not its backward).
    """
    network = copy.deepcopy(network).eval()
    for sequence in [module for module in network.modules() if isinstance(module, nn.Sequential)]:
        for i, (layer, norm) in enumerate(pairwise(sequence)):
            if isinstance(layer, nn.Conv2d) and isinstance(norm, nn.BatchNorm2d):
                sequence[i], sequence[i + 1] = fuse_conv_bn_eval(layer, norm), nn.Identity()
    network = network.to(device)
    if device.type == "cpu":
        return network.to(memory_format=torch.channels_last)  # type: ignore[call-overload]
    return network
