"""Files of weights that a network starts from: safetensors, or torch's own files, of which weights alone are read."""

import pickle
from collections.abc import Callable, Mapping
from pathlib import Path

import torch
from safetensors import SafetensorError
from safetensors.torch import load_file
from torch import nn

from psl.runtime.errors import PslError
from psl.runtime.progress import log

BACKBONE, HEAD = "features", "classifier"  # names of a network's children
COUNTER = "num_batches_tracked"  # of batch norm: nothing reads it
SHOWN = 3  # names in a message
Weights = dict[str, torch.Tensor]


def start_from(network: nn.Module, path: str, convert: Callable[[Weights], Weights]) -> None:
    """Put the weights in the file `path` into `network`, whose parts are `features` and `classifier`.

    `convert` gives a published file's tensors our names and shapes, and leaves out what we have no use for. The part
    `features` must be whole. The head starts at random, which is logged, unless the file has it for as many classes.

    A trained network is opened by building it and loading its own weights, for which `path` need not be there any more:
    so a missing file is told by the first forward of a network that was loaded from nowhere else.

    Raises PslError for a file that is damaged or of another network.
    """
    file = Path(path)
    if not file.is_file():
        _refuse_until_loaded(
            network, f"the weights {path} do not exist: fetch them, or set architecture.weights to null"
        )
        return
    theirs, ours = convert(read_weights(file)), network.state_dict()
    _require_same(path, theirs, {name: ours[name] for name in ours if not name.endswith(COUNTER)})
    network.load_state_dict(ours | theirs)


def read_weights(file: Path) -> Weights:
    """The tensors of a file by name, which may be under the key `model` or `state_dict`. Raises PslError."""
    try:
        if file.suffix == ".safetensors":
            return load_file(file)
        state = torch.load(file, map_location="cpu", weights_only=True)
    except (SafetensorError, pickle.UnpicklingError, RuntimeError, EOFError, ValueError, KeyError, OSError) as error:
        raise PslError(
            f"{file} is damaged, or holds more than weights, which would run code when it is read: give a file of "
            "safetensors, or of a state dict alone"
        ) from error
    for key in ("model", "state_dict"):
        state = state.get(key, state) if isinstance(state, dict) else state
    if not isinstance(state, dict) or not state or not all(torch.is_tensor(tensor) for tensor in state.values()):
        raise PslError(f"{file} holds no state dict of tensors: give a file of weights")
    return state


def renamed(theirs: Mapping[str, torch.Tensor], prefixes: Mapping[str, str | None]) -> Weights:
    """The tensors whose names begin with a key of `prefixes`, the first that fits, with its value in place of it.

    Those of the value None are left out; names that fit no key are kept.

    >>> weight = torch.ones(1)
    >>> list(renamed({"fc.bias": weight, "bn.bias": weight, "x": weight}, {"fc.": None, "bn.": "b."}))
    ['b.bias', 'x']
    """
    kept: Weights = {}
    for name, tensor in theirs.items():
        old = next((prefix for prefix in prefixes if name.startswith(prefix)), "")
        new = prefixes.get(old, "")
        if new is not None:
            kept[new + name[len(old) :]] = tensor
    return kept


def of_one_channel(kernel: torch.Tensor) -> torch.Tensor:
    """A first convolution of colour pictures for one channel: its weights are summed over the colours."""
    return kernel.sum(1, keepdim=True)


def _require_same(path: str, theirs: Weights, ours: Mapping[str, torch.Tensor]) -> None:
    """Raise PslError unless `features` is the very same; take a head of another shape out of `theirs`."""
    head = {name for name in ours if name.startswith(HEAD)}
    if any(name not in theirs or theirs[name].shape != ours[name].shape for name in head):
        for name in [name for name in theirs if name.startswith(HEAD)]:
            del theirs[name]
        log(f"the head starts at random: {path} has none for these classes")
    faults = [f"{name} is missing" for name in ours if name not in theirs and name not in head]
    faults += [f"{name} is unknown" for name in theirs if name not in ours and not name.endswith(COUNTER)]
    faults += [
        f"{name} has the shape {tuple(theirs[name].shape)} and not {tuple(ours[name].shape)}"
        for name in ours
        if name in theirs and theirs[name].shape != ours[name].shape
    ]
    if faults:
        more = f"; and {len(faults) - SHOWN} more" if len(faults) > SHOWN else ""
        raise PslError(
            f"the weights {path} are of another network or another front end: {'; '.join(faults[:SHOWN])}{more}: "
            "give the options of architecture that they were made with, such as width or n_mels, or set weights to null"
        )


def _refuse_until_loaded(network: nn.Module, message: str) -> None:
    """Let the first forward raise PslError, unless the network's backbone is loaded from elsewhere before."""

    def refuse(*_: object) -> None:
        raise PslError(message)

    refusal = network.register_forward_pre_hook(refuse)
    network.get_submodule(BACKBONE).register_load_state_dict_post_hook(lambda *_: refusal.remove())
