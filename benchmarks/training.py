"""A student's step, fed from feature shards, against bare steps on tensors in memory: a ratio in one run.

`python -m benchmarks.training`; target ≥ .95. The network is the default preset's, and has one thread. Passes of both
kinds take turns, and the median of each counts, so that a busy machine slows both alike. With `--shuffle-buffer-clips
256` the shards stream. With `--compile` a compiled step takes turns with them, too, and the time of compiling is shown.
"""

import argparse
import tempfile
import time
from collections.abc import Callable
from itertools import islice
from pathlib import Path
from statistics import median

import numpy as np
import pyarrow as pa
import torch
from torch import nn
from torch.amp.grad_scaler import GradScaler

from psl.annotators.inference.network.build import build_network
from psl.config import Params, TrainStudent
from psl.config.file import read_params
from psl.io.features.store import FeatureStore
from psl.io.features.writer import write_features
from psl.io.labels.reader import read_labels
from psl.io.labels.writer import LabelWriter
from psl.io.metadata.vocabulary import Vocabulary
from psl.io.schemas import MANIFEST
from psl.labels.label_sets import label_sets
from psl.training.engine.compiled import CompiledNetwork
from psl.training.engine.data import TrainingData, make_training_data
from psl.training.engine.dataset import WindowDataset
from psl.training.engine.step import train_step

CLASSES, CLIP_SAMPLES = 16, 160_000


def main() -> None:
    """Print windows per second of both, and the ratio, for each window size of the default preset."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--clips", type=int, default=600)
    parser.add_argument("--passes", type=int, default=5)
    parser.add_argument("--shuffle-buffer-clips", type=int, default=4096)
    parser.add_argument("--compile", action="store_true")
    options = parser.parse_args()
    torch.set_num_threads(1)
    params = read_params(Path("presets/default.yaml"))
    training = params.train_student.model_copy(update={"shuffle_buffer_clips": options.shuffle_buffer_clips})
    with tempfile.TemporaryDirectory() as root:
        for key, student in label_sets(params.students, params.annotate.annotator).items():
            window_ms = int(student.window_seconds * 1000)
            training_data = noise_data(Path(root) / key, params, training, options.clips, window_ms=window_ms)
            line = _compare(training_data.training, training, options.passes, compiled=options.compile)
            print(f"{student.window_seconds:g} s: {line}", flush=True)


def _compare(windows: WindowDataset, params: TrainStudent, passes: int, *, compiled: bool) -> str:
    kinds = [_ours(windows, params, compiled=False), _bare(windows, params)]
    if compiled:
        kinds.append(_ours(windows, params, compiled=True))
    first = [_seconds(kind) for kind in kinds]  # warms up, compiles, and fills the pool
    rounds = [[_seconds(kind) for kind in kinds] for _ in range(passes)]
    ours, bare, *faster = (len(windows) / median(column) for column in zip(*rounds, strict=True))
    line = f"ours {ours:.0f} windows/s, bare {bare:.0f} windows/s, ratio {median(r[1] / r[0] for r in rounds):.3f}"
    if faster:
        line += f"; compiled {faster[0]:.0f} windows/s, {median(r[0] / r[2] for r in rounds):.2f} times ours"
        line += f" after {first[2] - rounds[0][2]:.0f} s of compiling"
    return line


def _ours(windows: WindowDataset, params: TrainStudent, *, compiled: bool) -> Callable[[], None]:
    model = build_network(CLASSES, params.architecture)
    network = CompiledNetwork(model, windows.largest_batch) if compiled else model
    optimiser, scaler = torch.optim.Adam(model.parameters(), fused=True), GradScaler("cpu", enabled=False)

    def run() -> None:
        for mel_BTF, target_BC in islice(windows.stream(1), windows.steps):
            batch = torch.from_numpy(mel_BTF), torch.from_numpy(target_BC)
            train_step(network, optimiser, scaler, batch, rate=1e-3, params=params)

    return run


def _bare(windows: WindowDataset, params: TrainStudent) -> Callable[[], None]:
    model = build_network(CLASSES, params.architecture)
    optimiser = torch.optim.Adam(model.parameters(), fused=True)
    batches = [tuple(map(torch.from_numpy, batch)) for batch in islice(windows.stream(1), windows.steps)]

    def run() -> None:
        for mel_BTF, target_BC in batches:
            loss = nn.functional.binary_cross_entropy(model(mel_BTF)[0], target_BC)
            optimiser.zero_grad()
            loss.backward()
            optimiser.step()

    return run


def noise_data(
    root: Path, params: Params, training: TrainStudent, clips: int, *, window_ms: int, classes: int = CLASSES
) -> TrainingData:
    """Clips of noise with soft labels of noise, on disk as the stages write them."""
    rng = np.random.default_rng(0)
    shape = CLIP_SAMPLES // params.front_end.hop_length_samples + 1, params.front_end.n_mels
    clip_ids = [f"{clip:06}" for clip in range(clips)]
    mels = ((clip_id, CLIP_SAMPLES, rng.normal(-50, 20, shape).astype(np.float16)) for clip_id in clip_ids)
    write_features(root / "balanced-00000.parquet", params.front_end, mels)
    names = tuple(f"class {number}" for number in range(classes))
    starts = np.arange(0, 10_000, window_ms)
    with LabelWriter(root / "labels.parquet", Vocabulary(names, names), 0.0, {}) as writer:
        for clip_id in clip_ids:
            writer.add(clip_id, starts, window_ms, rng.random((len(starts), classes), np.float32))
    about = dict(path=None, start_s=0.0, end_s=10.0, subset="balanced", labels=[], audio_hash=None)
    manifest = pa.Table.from_pylist([about | {"clip_id": clip_id, "source": clip_id} for clip_id in clip_ids], MANIFEST)
    return make_training_data(
        FeatureStore(root, ["balanced"]), read_labels(root / "labels.parquet"), manifest, training, alpha=None
    )


def _seconds(work: Callable[[], None]) -> float:
    began = time.perf_counter()
    work()
    return time.perf_counter() - began


if __name__ == "__main__":
    main()
