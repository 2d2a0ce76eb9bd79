"""Annotation on a GPU, from feature shards to the label file, against the bare forward at the best batch size."""

from itertools import count
from math import ceil

import torch
from torch import nn

from benchmarks.annotate import annotate_seconds
from benchmarks.gpu.rows import Measured, compared, rate_of, rates
from benchmarks.gpu.setting import WINDOW_MS, Setting
from psl.annotators.inference.network.saved_model import SavedModel, for_inference
from psl.annotators.inference.scorer import Windowing
from psl.io.features.store import FeatureStore
from psl.io.windows import frames_in

BATCH_SIZES = (16, 32, 64, 128, 256, 512)
LAYOUTS = (torch.contiguous_format, torch.channels_last)


def annotation_against_bare(setting: Setting) -> Measured:
    """A pass over all clips with an empty cache, against forwards on a tensor that lies on the device."""
    assert setting.data  # the clips are on disk
    store, windowing = FeatureStore(setting.root, ["balanced"]), Windowing(WINDOW_MS, WINDOW_MS, "shift")
    about = {"front_end_hash": store.front_end_hash, "weights_hash": "0"}
    network = for_inference(_sparse(setting.network()), setting.device)
    model = SavedModel("bench", network, setting.data.labels.vocabulary, about)
    numbers, settings = count(), setting.params.annotate
    bare, size, layout = _best(setting)

    def ours() -> int:
        annotate_seconds(
            setting.root,
            store,
            windowing,
            model,
            batch_size=settings.inference_batch_size,
            number=next(numbers),
            min_probability=settings.min_probability,
        )
        return len(store)

    annotated, forward = rates([ours, bare], setting.device, 2 * setting.sizes.seconds)
    return compared(annotated, forward, f"bare forward of {size} windows, {layout}", target=0.9)


def _sparse(network: nn.Module) -> nn.Module:
    """The network with one class in ten above the preset's lowest probability that is stored, as a trained one has."""
    nn.init.normal_(network.classifier[-1].bias, -8.0, 2.0)  # type: ignore[index, union-attr]
    return network


def _best(setting: Setting) -> "tuple[_Forward, int, str]":
    """The fastest bare forward of all batch sizes and memory layouts that fit into memory."""
    found: dict[tuple[int, torch.memory_format], float] = {}
    for layout in LAYOUTS:
        for size in BATCH_SIZES:
            if size > max(setting.sizes.clips, BATCH_SIZES[0]):
                continue
            try:
                forward = _Forward(setting, size, layout)
                forward()
                found[size, layout] = rate_of(forward, setting.device)
            except torch.OutOfMemoryError:
                break
    size, layout = max(found, key=lambda choice: found[choice])
    return _Forward(setting, size, layout), size, str(layout).removeprefix("torch.").replace("_", " ")


class _Forward:
    """Forwards of one batch, for as many windows as there are clips."""

    def __init__(self, setting: Setting, size: int, layout: torch.memory_format) -> None:
        front_end = setting.params.front_end
        frames = frames_in(WINDOW_MS, front_end.sample_rate_hz, front_end.hop_length_samples)
        self._network = setting.network().eval().to(memory_format=layout)  # type: ignore[call-overload]
        self._mel_BTF = torch.randn(size, frames, front_end.n_mels, device=setting.device) * 20 - 50
        self._forwards = ceil(min(setting.sizes.clips, 1024) / size)

    def __call__(self) -> int:
        with torch.inference_mode():
            for _ in range(self._forwards):
                self._network(self._mel_BTF)
        return self._forwards * len(self._mel_BTF)
