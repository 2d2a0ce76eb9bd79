"""How fast the parts of a network learn when it is fine-tuned."""

from psl.config import Transfer
from psl.training.engine.parameter_groups import RelativeRates
from psl.training.fine_tuning.network import BACKBONE


def fine_tuning_rates(params: Transfer) -> RelativeRates:
    """The backbone's learning rate relative to the head's; 0 freezes it."""
    if params.tune == "head" or params.backbone_learning_rate is None:
        return {BACKBONE: 0.0}
    return {BACKBONE: params.backbone_learning_rate / params.learning_rate}
