"""A small random network, saved as a trained one, and sounds that it tells apart."""

from pathlib import Path
from typing import Any

import numpy as np
import torch
from toy import ARCHITECTURE, FRONT_END, VOCABULARY

from psl.annotators.inference.network.build import build_network
from psl.annotators.inference.network.saved_model import SavedModel, load, save
from psl.features.log_mel import front_end
from psl.io.features.front_end import front_end_hash

EVALUATION = {  # as of the stage evaluate
    "auc": 0.87,
    "chance_mAP": 0.19,
    "classes_left_out": ["Cough"],
    "confidence": 0.95,
    "d_prime": 1.6,
    "mAP": 0.642,
    "mAP_low": 0.583,
    "mAP_high": 0.7,
    "n_classes": 2,
    "n_clips": 258,
    "seeds": [1, 2, 3],
}
LABELS = {"kind": "annotator", "annotator": "MA", "window": {"seconds": 0.5, "hop": 0.3}}
COURSE = {"seed": 1, "steps": 20, "best_step": 20}
CLASSES_CSV = (
    "mid,name,positives,chance_ap,ap,auc\n/m/a,Alarm,47,0.2,0.8,0.9\n/m/b,Bell|s,40,0.2,0.2,0.5\n/m/c,Cough,0,,,\n"
)


def save_random(folder: Path, seed: int = 0, trained_on: dict[str, Any] | None = None) -> Path:
    """The folder of a network whose probabilities differ from sound to sound; `trained_on` is said besides."""
    network = telling_apart(seed)
    about = {"labels": LABELS, "n_training_clips": 30, "n_validation_clips": 3, **COURSE}
    save(
        folder,
        network,
        ARCHITECTURE,
        FRONT_END,
        front_end_hash=front_end_hash(FRONT_END),
        vocabulary=VOCABULARY,
        trained_on={"parameters": {"max_steps": 12}, **about, **(trained_on or {})},
        history_csv="step\n",
    )
    return folder


def telling_apart(seed: int) -> torch.nn.Module:
    """A network that was trained for a moment to give each sound labels of its own."""
    torch.manual_seed(seed)
    network = build_network(len(VOCABULARY), ARCHITECTURE)
    mel_BTF = torch.from_numpy(np.stack([log_mel(x_T[:9000]) for x_T in sounds()]))
    y_BC = torch.tensor([[1, 0, 0], [0, 1, 0], [0, 0, 1], [1, 1, 0], [0, 1, 1]], dtype=torch.float32)
    optimiser = torch.optim.Adam(network.parameters(), lr=0.01)
    for module in network.modules():
        if isinstance(module, torch.nn.BatchNorm2d):
            module.momentum = 0.5  # for a course of so few steps
    for _ in range(20):
        optimiser.zero_grad()
        torch.nn.functional.binary_cross_entropy(network(mel_BTF)[0], y_BC).backward()
        optimiser.step()
    return network


def log_mel(x_T: np.ndarray) -> np.ndarray:
    """mel_TF, float32."""
    return front_end(FRONT_END).log_mel(x_T).astype(np.float32)


def random_model(folder: Path, seed: int = 0) -> SavedModel:
    """The same, opened."""
    return load(save_random(folder / "model", seed), build_network, "cpu")


def sounds(lengths: tuple[int, ...] = (16_000, 24_000, 9_000, 31_999, 20_001), seed: int = 0) -> list[np.ndarray]:
    """Tones in noise, of these numbers of samples."""
    rng, waves = np.random.default_rng(seed), []
    for number, length in enumerate(lengths):
        tone_T = np.sin(2 * np.pi * 300 * (number + 1) * np.arange(length) / 16_000)
        waves.append((0.3 * tone_T + rng.normal(0, 0.01, length)).astype(np.float32))
    return waves
