"""Network architectures, one file each: MODELS maps a name to its builder."""

from collections.abc import Callable
from typing import TYPE_CHECKING

from psl.params import Architecture

if TYPE_CHECKING:
    from torch import nn

Builder = Callable[[int, Architecture], "nn.Module"]


def _mobilenetv2(classes: int, architecture: Architecture) -> "nn.Module":
    from models.mobilenetv2 import MobileNetV2  # torch takes seconds to import: only who builds a network pays

    return MobileNetV2(classes, architecture.width, architecture.last_channel, architecture.dropout)


MODELS: dict[str, Builder] = {"mobilenetv2": _mobilenetv2}
