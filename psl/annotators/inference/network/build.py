"""Networks by name: the file of models/ that the parameters name."""

from importlib import import_module
from typing import TYPE_CHECKING

from psl.config.plugin import Plugin, check_plugin
from psl.runtime.errors import PslError

if TYPE_CHECKING:
    from torch import nn


def build_network(n_classes: int, architecture: Plugin) -> "nn.Module":
    """A network with its first weights, by torch's random numbers.

    Raises PslError for an unknown name or option, and for options that make no network.
    """
    try:
        check_plugin("models", architecture, "architecture", "build")
    except ValueError as error:
        raise PslError(str(error)) from None
    module = import_module(f"models.{architecture.name}")  # torch takes seconds to import: only this pays for it
    network: nn.Module = module.build(n_classes, **architecture.options)
    return network
