"""Annotation, from feature shards to the label file, against the network's bare forward: a ratio in one run.

`python -m benchmarks.annotate`; target ≥ .90. The network is the default preset's; the bare forward
takes the best of several batch sizes and memory layouts, on tensors in memory. Both take turns and the median counts.
"""

import argparse
import tempfile
import time
from pathlib import Path
from statistics import median

import numpy as np
import torch
from torch import nn

from psl.annotators.inference.annotate import annotate
from psl.annotators.inference.clips.features import FeatureClips
from psl.annotators.inference.network.build import build_network
from psl.annotators.inference.network.saved_model import SavedModel, for_inference
from psl.annotators.inference.scorer import Windowing
from psl.config import FrontEndParams
from psl.config.file import read_params
from psl.io.features.store import FeatureStore
from psl.io.features.writer import write_features
from psl.io.labels.writer import LabelWriter
from psl.io.metadata.vocabulary import Vocabulary
from psl.io.windows import frames_in
from psl.labels.label_sets import label_sets
from psl.runtime.runners.in_process import Serial

CLASSES, CLIP_FRAMES = 16, 251
BATCH_SIZES = (8, 16, 32, 64, 128, 256)


def main() -> None:
    """Print windows per second of both, and the ratio, for each window size of the default preset."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--clips", type=int, default=1024)
    parser.add_argument("--rounds", type=int, default=5)
    options = parser.parse_args()
    params = read_params(Path("presets/default.yaml"))
    names = tuple(f"class {number}" for number in range(CLASSES))
    network = build_network(CLASSES, params.train_annotator.architecture).eval()
    with tempfile.TemporaryDirectory() as root:
        store = _noise(Path(root), params.front_end, options.clips)
        ready = for_inference(network, torch.device("cpu"))
        model = SavedModel(
            "bench", ready, Vocabulary(names, names), {"front_end_hash": store.front_end_hash, "weights_hash": "0"}
        )
        for student in label_sets(params.students, params.annotate.annotator).values():
            windowing = Windowing(int(student.window_seconds * 1000), int(student.hop_seconds * 1000), "shift")
            line = _compare(
                Path(root),
                store,
                windowing,
                model,
                network=network,
                batch_size=params.annotate.inference_batch_size,
                rounds=options.rounds,
            )
            print(f"{student.window_seconds:g} s: {line}", flush=True)


def _compare(
    root: Path,
    store: FeatureStore,
    windowing: Windowing,
    model: SavedModel,
    *,
    network: nn.Module,
    batch_size: int,
    rounds: int,
) -> str:
    frames = frames_in(windowing.length_ms, store.front_end.sample_rate_hz, store.front_end.hop_length_samples)
    windows = len(store) * (10_000 // windowing.length_ms)
    channels_last, size = max(
        ((layout, size) for layout in (False, True) for size in BATCH_SIZES),
        key=lambda choice: _forward(network, frames, *choice),
    )
    rates = []
    for number in range(rounds):
        bare = _forward(network, frames, channels_last, size)
        rates.append(
            (windows / annotate_seconds(root, store, windowing, model, batch_size=batch_size, number=number), bare)
        )
    ours_rate, bare_rate = (median(column) for column in zip(*rates, strict=True))
    layout = "channels last" if channels_last else "channels first"
    ratio = median(ours / bare for ours, bare in rates)
    return (
        f"ours {ours_rate:.0f} windows/s, bare {bare_rate:.0f} windows/s ({size} windows, {layout}), ratio {ratio:.3f}"
    )


def annotate_seconds(
    root: Path,
    store: FeatureStore,
    windowing: Windowing,
    model: SavedModel,
    *,
    batch_size: int,
    number: int,
    min_probability: float = 0.0,
) -> float:
    """Seconds of an annotation with an empty cache."""
    began = time.perf_counter()
    path = root / f"{windowing.length_ms}-{number}.parquet"
    with LabelWriter(path, model.vocabulary, min_probability, {}) as writer:
        cache = path.with_suffix(".cache")
        clips = FeatureClips(store)
        annotate(clips, windowing, model, inference_batch_size=batch_size, cache=cache, runner=Serial()).write(writer)
    return time.perf_counter() - began


def _forward(network: nn.Module, frames: int, channels_last: bool, size: int, windows: int = 1024) -> float:
    """Windows per second of forwards alone."""
    layout = torch.channels_last if channels_last else torch.contiguous_format
    network.to(memory_format=layout)  # type: ignore[call-overload]
    mel_BTF = torch.randn(size, frames, 64) * 20 - 50
    with torch.inference_mode():
        network(mel_BTF)
        began = time.perf_counter()
        for _ in range(max(windows // size, 1)):
            network(mel_BTF)
    return max(windows // size, 1) * size / (time.perf_counter() - began)


def _noise(root: Path, front_end: FrontEndParams, clips: int) -> FeatureStore:
    rng = np.random.default_rng(0)
    rows = (
        (f"{clip:06}", 160_000, rng.normal(-50, 20, (CLIP_FRAMES, front_end.n_mels)).astype(np.float16))
        for clip in range(clips)
    )
    write_features(root / "balanced-00000.parquet", front_end, rows)
    return FeatureStore(root, ["balanced"])


if __name__ == "__main__":
    main()
