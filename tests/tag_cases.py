"""Small models and recordings for the tests of tagging."""

import numpy as np
import soundfile
import torch
from annotator_toys import model_folder, state
from toy import ARCHITECTURE, FRONT_END, VOCABULARY

from psl.annotators.inference.network.build import build_network
from psl.annotators.inference.network.saved_model import save
from psl.io.features.front_end import front_end_hash

RATE_HZ = FRONT_END.sample_rate_hz


def trained(folder, *, hash_of_features=None, window=None, steepness=300):
    """The folder of a network of three classes whose scores differ from window to window; it takes features."""
    torch.manual_seed(3)
    network = build_network(len(VOCABULARY), ARCHITECTURE)
    with torch.no_grad():
        for _ in range(20):  # so that batch norm knows what comes
            network(torch.randn(8, 50, FRONT_END.n_mels) * 20 - 40)
        network.classifier[-1].weight.mul_(steepness)
    about = dict(vocabulary=VOCABULARY, trained_on={"labels": {"window": window} if window else {}}, history_csv="")
    about["front_end_hash"] = hash_of_features or front_end_hash(FRONT_END)
    save(folder, network, ARCHITECTURE, FRONT_END, **about)
    return folder


def foreign(folder, **fields):
    """The folder of an ONNX model of samples at 8 kHz, with its contract; its classes are Zip, Cough and Alarm."""
    return state(model_folder(folder), **fields)


def sound(seconds, rate_hz=RATE_HZ, channels=1, silent_from=np.inf):
    """x_TD: a tone in noise whose loudness and pitch change each second; from a second on there is digital silence."""
    rng, n = np.random.default_rng(0), round(seconds * rate_hz)
    t = np.arange(n) / rate_hz
    tone = np.sin(2 * np.pi * t * rng.uniform(100, 3000, int(seconds) + 1)[t.astype(int)])
    loudness = rng.uniform(0.001, 0.4, int(seconds) + 1)[t.astype(int)]
    x_TD = (tone * loudness)[:, None] + rng.normal(0, 0.01, (n, channels))
    return np.where(t[:, None] < silent_from, x_TD, 0).astype(np.float32)


def record(path, seconds=3.0, rate_hz=RATE_HZ, channels=1, **silence):
    """A recording of `sound` in a file; its folder is made."""
    path.parent.mkdir(parents=True, exist_ok=True)
    soundfile.write(path, sound(seconds, rate_hz, channels, **silence), rate_hz)
    return path
