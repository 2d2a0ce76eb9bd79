"""Tiny variants of the networks beside MobileNetV2, for 32 mel bands: milliseconds a forward."""

from torch import nn

from psl.annotators.inference.network.build import build_network
from psl.config import Plugin

TINY = {
    "cnn14": {"width": 1 / 32, "n_mels": 32},
    "efficientnet_b0": {"width": 0.1, "depth": 0.2},
    "efficientnet_b2": {"width": 0.1, "depth": 0.2},
    "resnet50": {"width": 0.05, "depth": 0.2},
    "ast": {"width": 1 / 32, "layers": 1, "heads": 2, "n_mels": 32, "max_frames": 50},
    "mobilenetv3": {"width": 0.1},
}
LIBRARIES = {"ast": "transformers", "mobilenetv3": "torchvision", "cnn14": "torch"}  # timm for the others


def tiny(name: str, n_classes: int = 3, **options: object) -> nn.Module:
    """A tiny network of the file `name` of models/, with `options` in place of those of TINY."""
    return build_network(n_classes, Plugin(name=name, **TINY[name] | options))
