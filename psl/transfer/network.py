"""A network that goes on from a trained one: its body with the trained weights, and a new head for the set's classes."""

from pathlib import Path

from torch import nn

from psl.errors import PslError
from psl.front_end import require_same_front_end
from psl.params import Architecture
from psl.params.transfer import BODY
from psl.saved_models import Builders, builder_of, read_network
from psl.training.run import Network

HEAD = "classifier"


def network_from(folder: Path, classes: int, features_hash: str, builders: Builders) -> Network:
    """What goes on from the model in `folder`, for `classes` classes; the head is as its builder makes it, by torch's random numbers.

    Raises PslError for a model of another front end than that of the features, or one without the parts `features` and `classifier`.
    """
    trained, _, about = read_network(folder, builders)
    require_same_front_end(folder.as_posix(), about["front_end_hash"], features_hash)
    architecture = Architecture.model_validate(about["architecture"])
    _require_parts(trained, architecture.name)

    def build() -> nn.Module:
        network = builder_of(builders, architecture)(classes, architecture)
        network.get_submodule(BODY).load_state_dict(trained.get_submodule(BODY).state_dict())
        return network

    return Network(architecture, build, {"started_from": {"model": folder.as_posix(), "weights_hash": about["weights_hash"]}})


def _require_parts(network: nn.Module, name: str) -> None:
    parts = [part for part, _ in network.named_children()]
    if sorted(parts) != sorted((BODY, HEAD)):
        raise PslError(
            f"a network that transfers has the parts {BODY} and {HEAD}, and {name} has {', '.join(parts) or 'none'}: call the part of "
            f"models/{name}.py that knows the classes {HEAD}, and the rest {BODY}"
        )
