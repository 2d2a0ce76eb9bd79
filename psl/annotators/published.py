"""Import of the checkpoints that the paper's authors published (`.pt` files of state dicts)."""

import pickle
import re
import warnings
from pathlib import Path
from typing import Any

import torch
from torch import nn

from psl.annotators.inference.network.saved_model import Builder, save
from psl.config import FrontEndParams, Plugin
from psl.io.features.store import FeatureStore
from psl.io.hashes import hash_file
from psl.io.metadata.vocabulary import Vocabulary
from psl.runtime.errors import PslError

FRONT_END = "front_end."  # buffers of the authors' spectrogram layers: ours is psl.features.log_mel
PUBLISHED_FRONT_END = FrontEndParams(
    sample_rate_hz=16_000,
    n_fft=512,
    win_length_samples=512,
    hop_length_samples=160,
    n_mels=64,
    f_min_hz=0.0,
    f_max_hz=8000.0,
    dynamic_range_db=120.0,
)
CODE = re.compile("unsupported global|TorchScript", re.IGNORECASE)  # in torch's words
PICKLE = b"\x80"  # the first byte of one of protocol 2 or more
COUNTER = "num_batches_tracked"  # of batch norm; old checkpoints have none, and nothing reads it
NEEDLESS_WARNINGS = ("Detected pickle protocol", "'torch.load' received a zip file")  # of torch.load


def import_published(
    folder: Path,
    path: Path,
    architecture: Plugin,
    store: FeatureStore,
    *,
    vocabulary: Vocabulary,
    build: Builder,
) -> None:
    """Save the published checkpoint `path` as a model for the features in `store`, in `folder`, with an empty history.

    Raises PslError for features of another front end than the checkpoint was trained with: nothing else would show it.
    """
    network = build(len(vocabulary), architecture)
    load_published(path, network)
    _require_published_front_end(path, store.front_end)
    save(
        folder,
        network,
        architecture,
        store.front_end,
        front_end_hash=store.front_end_hash,
        vocabulary=vocabulary,
        trained_on={"imported": path.name, "checkpoint_hash": hash_file(path)},
        history_csv="",
    )


def load_published(path: Path, network: nn.Module) -> None:
    """Put the weights of `path` into `network`. Raises PslError unless names and shapes are the very same."""
    theirs = {name: tensor for name, tensor in _state_dict(path).items() if not name.startswith(FRONT_END)}
    ours = network.state_dict()
    faults = [f"{name} is missing" for name in ours if name not in theirs and not name.endswith(COUNTER)]
    faults += [f"{name} is unknown" for name in theirs if name not in ours]
    faults += [
        f"{name} has the shape {tuple(theirs[name].shape)} and not {tuple(ours[name].shape)}"
        for name in ours
        if name in theirs and theirs[name].shape != ours[name].shape
    ]
    if faults:
        more = f"; and {len(faults) - 3} more" if len(faults) > 3 else ""
        raise PslError(
            f"the checkpoint {path} does not fit the network of this vocabulary and its {len(ours)} weights: "
            f"{'; '.join(faults[:3])}{more}: choose its architecture in train_annotator.architecture, or train"
        )
    network.load_state_dict(ours | theirs)


def _require_published_front_end(path: Path, ours: FrontEndParams) -> None:
    differences = [
        f"{key} {value} and not {getattr(ours, key)}"
        for key, value in PUBLISHED_FRONT_END
        if getattr(ours, key) != value
    ]
    if differences:
        raise PslError(
            f"the checkpoint {path} was trained on features with front_end {', '.join(differences)}: "
            f"set front_end so, or train"
        )


def _has_code(path: Path, refusal: str) -> bool:
    """Whether torch refused the file for what it would call; of a newer pickle it refuses the very first operands."""
    if CODE.search(refusal):
        return True
    with path.open("rb") as file:
        return "Unsupported operand" in refusal and file.read(1) == PICKLE


def _state_dict(path: Path) -> dict[str, Any]:
    """The tensors by name, which may be under the key `model`."""
    if not path.is_file():
        raise PslError(
            f"the checkpoint {path} does not exist: fetch it, or set train_annotator.checkpoint to null to train"
        )
    try:
        with warnings.catch_warnings():
            for message in NEEDLESS_WARNINGS:
                warnings.filterwarnings("ignore", message)
            state = torch.load(path, map_location="cpu", weights_only=True)
    except (pickle.UnpicklingError, RuntimeError, EOFError, ValueError, KeyError, OSError) as error:
        if _has_code(path, str(error)):
            raise PslError(
                f"{path} holds more than weights, which would run code when it is read, and is refused: give a "
                "published `.pt` file"
            ) from error
        raise PslError(
            f"{path} is damaged or no checkpoint of weights that torch can read: fetch a published `.pt` file again"
        ) from error
    state = state.get("model", state) if isinstance(state, dict) else state
    if not isinstance(state, dict) or not state or not all(torch.is_tensor(tensor) for tensor in state.values()):
        raise PslError(f"{path} holds no state dict of tensors: give a published `.pt` file")
    return state
