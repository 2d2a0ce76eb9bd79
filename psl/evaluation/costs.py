"""What a network costs to run, counted and not measured: the same on every machine."""

from typing import Any

import torch
from torch.nn.attention import SDPBackend, sdpa_kernel
from torch.utils.flop_counter import FlopCounterMode

from psl.annotators.inference.annotator import Annotator
from psl.annotators.inference.network.saved_model import SavedModel

SECONDS = 10  # of audio, in one window


def multiply_adds_per_second(annotator: Annotator) -> int | None:
    """Multiply-adds of a second of audio, of windows of 10 s; None for a model that is not a network of models/.

    They are half of the operations that torch's FlopCounterMode counts: those of convolutions, matrix products and
    attention, which is computed as such products, since its own kernels for the CPU are not counted. Normalisation,
    activations and the front end are not among them.
    """
    if not isinstance(annotator, SavedModel):
        return None
    front_end: dict[str, Any] = annotator.about["front_end"]
    frames = SECONDS * front_end["sample_rate_hz"] // front_end["hop_length_samples"]
    device = next(annotator.network.parameters()).device
    with torch.no_grad(), sdpa_kernel(SDPBackend.MATH), FlopCounterMode(display=False) as counter:
        annotator.network(torch.zeros(1, frames, front_end["n_mels"], device=device))
    return round(counter.get_total_flops() / 2 / SECONDS)
