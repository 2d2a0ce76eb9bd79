"""A network that starts from a trained one: the backbone with its weights, and a new head for other classes."""

from pathlib import Path

from torch import nn

from psl.annotators.inference.network.saved_model import Builder, read_network
from psl.config import Plugin
from psl.io.features.front_end import require_same_front_end
from psl.runtime.errors import PslError
from psl.training.engine.run import Network

BACKBONE, HEAD = "features", "classifier"  # names of a network's children


def network_from(folder: Path, n_classes: int, features_hash: str, build: Builder) -> Network:
    """A network for `n_classes` classes that starts from the model in `folder`; its head starts as `build` makes it.

    Raises PslError for a model of another front end than that of the features, or one without the parts `features` and
    `classifier`.
    """
    trained, _, about = read_network(folder, build)
    require_same_front_end(folder.as_posix(), about["front_end_hash"], features_hash)
    architecture = Plugin.model_validate(about["architecture"])
    _require_parts(trained, architecture.name)

    def build_from_trained() -> nn.Module:
        network = build(n_classes, architecture)
        network.get_submodule(BACKBONE).load_state_dict(trained.get_submodule(BACKBONE).state_dict())
        return network

    started_from = {"model": folder.as_posix(), "weights_hash": about["weights_hash"]}
    return Network(architecture, build_from_trained, {"started_from": started_from})


def _require_parts(network: nn.Module, name: str) -> None:
    parts = [part for part, _ in network.named_children()]
    if sorted(parts) != sorted((BACKBONE, HEAD)):
        raise PslError(
            f"a network that transfers has the parts {BACKBONE} and {HEAD}, and {name} has "
            f"{', '.join(parts) or 'none'}: call the part of models/{name}.py that knows the classes {HEAD}, "
            f"and the rest {BACKBONE}"
        )
