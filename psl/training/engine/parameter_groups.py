"""Parts of a network that train at their own learning rates, or are frozen."""

from collections.abc import Mapping
from typing import Any

from torch import nn

RELATIVE_RATE = "relative_rate"  # key of an optimiser's group
# Learning rates of a network's children, by name, relative to the training's; 0 freezes one, and others have 1.
RelativeRates = Mapping[str, float]


def parameter_groups(model: nn.Module, relative_rates: RelativeRates) -> list[dict[str, Any]]:
    """The optimiser's groups: one for each child of `model` and for its own parameters; none for frozen ones."""
    parts = [(list(child.parameters()), relative_rates.get(name, 1.0)) for name, child in model.named_children()]
    parts.append((list(model.parameters(recurse=False)), 1.0))
    return [{"params": parameters, RELATIVE_RATE: rate} for parameters, rate in parts if rate and parameters]


def set_train_mode(model: nn.Module, relative_rates: RelativeRates) -> None:
    """Training mode, but for frozen parts: their batch norm neither uses nor changes with what is trained on."""
    model.train()
    for name, child in model.named_children():
        if relative_rates.get(name, 1.0) == 0:
            child.eval().requires_grad_(False)
