"""What each network costs: parameters, multiply-adds, bytes, and how much faster than real time it tags and trains.

`python -m benchmarks.networks` takes the small variants of the preset peers with its front end, `--full` all networks
at full size with the paper's front end and AudioSet's 527 classes. One thread; windows of 2 s, whose features are
there: the front end and the decoding are the same for all, and not in it. Tagging and training of all networks take
turns, and the median of `--rounds` counts.
"""

import argparse
import tempfile
import time
from collections.abc import Callable, Mapping
from pathlib import Path
from statistics import median
from typing import NamedTuple

import torch
from torch import nn
from torch.amp.grad_scaler import GradScaler

from psl.annotators.inference.network.build import build_network
from psl.annotators.inference.network.saved_model import SavedModel, for_inference
from psl.config import FrontEndParams, Params, Plugin, architecture_of
from psl.config.file import read_params
from psl.config.plugin import names_with
from psl.config.presets import apply_preset
from psl.evaluation.costs import multiply_adds_per_second
from psl.io.metadata.vocabulary import Vocabulary
from psl.training.engine.step import train_step

WINDOW_SECONDS, TAGGED, TRAINED = 2.0, 64, 16  # seconds of a window, and windows in a batch
OWN_INPUT = {"ast": ("n_mels", "max_frames"), "cnn14": ("n_mels",)}  # options that say what a network hears
FLOAT_BYTES = 4


class Measured(NamedTuple):
    """A network, and seconds that a batch takes."""

    counts: str  # the cells of what is counted
    tag: Callable[[], float]
    train: Callable[[], float]


def main() -> None:
    """Print a row of a Markdown table for each network."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--rounds", type=int, default=5)
    parser.add_argument("--full", action="store_true", help="networks at full size")
    options = parser.parse_args()
    torch.set_num_threads(1)
    params = _preset("paper" if options.full else "peers")
    networks = _full(params.front_end) if options.full else _small(params)
    classes = 527 if options.full else 10
    measured = {name: _measured(each, params, classes) for name, each in networks.items()}
    rounds = [{name: (each.tag(), each.train()) for name, each in measured.items()} for _ in range(1 + options.rounds)]
    print("| network | parameters, M | multiply-adds, M a second | weights, MB | tagging | training |")
    print("|---|---:|---:|---:|---:|---:|")
    for name, each in measured.items():
        tag, train = (median(times) for times in zip(*(taken[name] for taken in rounds[1:]), strict=True))
        speeds = TAGGED * WINDOW_SECONDS / tag, TRAINED * WINDOW_SECONDS / train
        print(f"| {name} | {each.counts} | {speeds[0]:.0f} | {speeds[1]:.0f} |", flush=True)


def _preset(name: str) -> Params:
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "params.yaml"
        apply_preset(Path("presets"), name, path)
        return read_params(path)


def _small(params: Params) -> dict[str, Plugin]:
    """The networks of the students, by name."""
    architectures = [architecture_of(params.train_student, student) for student in params.students.values()]
    return {architecture.name: architecture for architecture in architectures}


def _full(front_end: FrontEndParams) -> dict[str, Plugin]:
    """All networks at full size."""
    heard = {"n_mels": front_end.n_mels, "max_frames": 1024}
    return {
        name: Plugin(name=name, **{option: heard[option] for option in OWN_INPUT.get(name, ())})
        for name in names_with("models", "build")
    }


def _measured(architecture: Plugin, params: Params, classes: int) -> Measured:
    front_end, training = params.front_end, params.train_student
    frames = int(WINDOW_SECONDS * front_end.sample_rate_hz) // front_end.hop_length_samples
    network = build_network(classes, architecture)
    tagger = for_inference(network, torch.device("cpu"))
    mel_BTF = torch.randn(TAGGED, frames, front_end.n_mels) * 20 - 20
    batch = mel_BTF[:TRAINED], torch.rand(TRAINED, classes)
    optimiser, scaler = torch.optim.Adam(network.parameters(), lr=1e-4, fused=True), GradScaler("cpu", enabled=False)

    def tag() -> None:
        with torch.inference_mode():
            tagger(mel_BTF)

    def train() -> None:
        train_step(network, optimiser, scaler, batch, rate=1e-4, params=training)

    counts = _counts(network, tagger, front_end.model_dump())
    return Measured(counts, lambda: _seconds(tag), lambda: _seconds(train))


def _counts(network: nn.Module, tagger: nn.Module, front_end: Mapping[str, object]) -> str:
    """Parameters, multiply-adds of a second, and bytes of the weights, each in millions."""
    parameters = sum(weight.numel() for weight in network.parameters())
    n_bytes = FLOAT_BYTES * sum(tensor.numel() for tensor in network.state_dict().values())
    about = {"front_end": dict(front_end)}
    multiply_adds = multiply_adds_per_second(SavedModel("", tagger, Vocabulary(("x",), ("x",)), about)) or 0
    return " | ".join(f"{number / 1e6:.2f}" for number in (parameters, multiply_adds, n_bytes))


def _seconds(work: Callable[[], None]) -> float:
    began = time.perf_counter()
    work()
    return time.perf_counter() - began


if __name__ == "__main__":
    main()
