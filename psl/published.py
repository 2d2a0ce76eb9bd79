"""Import of the checkpoints that the paper's authors published (`.pt` files of state dicts)."""

import pickle
from pathlib import Path
from typing import Any

import torch
from torch import nn

from psl.errors import PslError
from psl.features.store import FeatureStore
from psl.files import hash_file
from psl.params import Architecture, FrontEndParams
from psl.saved_models import Builders, builder_of, save
from psl.vocabulary import Vocabulary

FRONT_END = "front_end."  # buffers of the authors' spectrogram layers: ours is psl.front_end
PUBLISHED_FRONT_END = FrontEndParams(
    sample_rate_hz=16_000, n_fft=512, win_samples=512, hop_samples=160, mels=64, f_min_hz=0.0, f_max_hz=8000.0, floor_db=120.0
)
COUNTER = "num_batches_tracked"  # of batch norm; old checkpoints have none, and nothing reads it


def import_published(
    folder: Path, path: Path, architecture: Architecture, store: FeatureStore, vocabulary: Vocabulary, builders: Builders
) -> None:
    """Save the published checkpoint `path` as a model for the features in `store`, in `folder`, with an empty history.

    Raises PslError for features of another front end than the checkpoints were trained with: nothing else would show it.
    """
    _require_their_front_end(path, store.front_end)
    network = builder_of(builders, architecture)(len(vocabulary), architecture)
    load_published(path, network)
    trained_on = {"imported": path.name, "checkpoint_hash": hash_file(path)}
    save(folder, network, architecture, store.front_end, store.front_end_hash, vocabulary, trained_on, "")


def load_published(path: Path, network: nn.Module) -> None:
    """Put the weights of `path` into `network`. Raises PslError unless names and shapes are the very same."""
    found = {name: tensor for name, tensor in _state_dict(path).items() if not name.startswith(FRONT_END)}
    wanted = network.state_dict()
    faults = [f"{name} is missing" for name in wanted if name not in found and not name.endswith(COUNTER)]
    faults += [f"{name} is unknown" for name in found if name not in wanted]
    faults += [
        f"{name} has the shape {tuple(found[name].shape)} and not {tuple(wanted[name].shape)}"
        for name in wanted
        if name in found and found[name].shape != wanted[name].shape
    ]
    if faults:
        raise PslError(
            f"the checkpoint {path} does not fit the architecture and the {len(wanted)} weights of this vocabulary's network: "
            f"{'; '.join(faults[:3])}{f'; and {len(faults) - 3} more' if len(faults) > 3 else ''}"
        )
    network.load_state_dict(wanted | found)


def _require_their_front_end(path: Path, ours: FrontEndParams) -> None:
    others = [f"{key} {value} and not {getattr(ours, key)}" for key, value in PUBLISHED_FRONT_END if getattr(ours, key) != value]
    if others:
        raise PslError(f"the checkpoint {path} was trained on features with front_end {', '.join(others)}: set front_end so, or train")


def _state_dict(path: Path) -> dict[str, Any]:
    """The tensors by name, which may lie under the key `model`."""
    if not path.is_file():
        raise PslError(f"the checkpoint {path} does not exist: fetch it, or set train_annotator.checkpoint to null to train")
    try:
        state = torch.load(path, map_location="cpu", weights_only=True)
    except (pickle.UnpicklingError, RuntimeError, EOFError, ValueError, KeyError, OSError) as error:
        raise PslError(f"{path} is not a checkpoint of weights alone that torch can read: give a published `.pt` file") from error
    state = state.get("model", state) if isinstance(state, dict) else state
    if not isinstance(state, dict) or not state or not all(torch.is_tensor(tensor) for tensor in state.values()):
        raise PslError(f"{path} holds no state dict of tensors: give a published `.pt` file")
    return state
