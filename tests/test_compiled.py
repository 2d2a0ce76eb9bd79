"""torch.compile in training: full batches by the compiled network, others by the network itself; without it, a line."""

import json

import pytest
import torch
from toy import FRONT_END, VOCABULARY, toy_labels, toy_manifest, toy_store, training_params

from psl.training.engine.compiled import CompiledNetwork, can_compile
from psl.training.engine.data import make_training_data
from psl.training.engine.run import Network, train_network


class Tiny(torch.nn.Module):
    """Probabilities from each frame alone."""

    def __init__(self):
        super().__init__()
        self.classifier = torch.nn.Linear(FRONT_END.n_mels, len(VOCABULARY))

    def forward(self, mel_BTF):
        p_BTC = torch.sigmoid(self.classifier(mel_BTF / 100))
        return p_BTC.mean(1), p_BTC


@pytest.fixture(autouse=True)
def nothing_known():
    can_compile.cache_clear()
    yield
    can_compile.cache_clear()


def fake_compile(network, dynamic=None):
    """Instead of a minute of compiling: the network, whose probabilities are told by a sign."""
    return lambda mel_BTF: tuple(-output for output in network(mel_BTF))


def no_compiler(function, dynamic=None):
    def fail(*_):
        raise RuntimeError("No working C++ compiler found\n(and a traceback)")

    return fail


def test_full_batches_are_compiled_and_others_are_not_whichever_comes_first(monkeypatch):
    monkeypatch.setattr(torch, "compile", fake_compile)
    network = CompiledNetwork(Tiny(), 4)
    assert [bool((network(torch.zeros(size, 5, FRONT_END.n_mels))[0] < 0).all()) for size in (3, 4, 3)] == [
        False,
        True,
        False,
    ]
    assert len(list(network.parameters())) == 2


def train_compiled(folder, **changes) -> dict:
    store = toy_store(folder / "features", 24)
    params = training_params(max_steps=6, validation_steps=3, compile=True, **changes)
    data = make_training_data(store, toy_labels(store), toy_manifest(store), params, alpha=None)
    network = Network(params.architecture, Tiny, {})
    train_network(
        folder,
        store,
        data,
        params,
        seed=1,
        network=network,
        relative_rates={},
        inputs="",
        checkpoints=folder / "checkpoints",
    )
    return json.loads((folder / "seed1/model.json").read_text())["trained_on"]


def test_without_a_compiler_training_says_so_and_goes_on_and_the_model_tells(monkeypatch, tmp_path, capsys):
    monkeypatch.setattr(torch, "compile", no_compiler)
    trained_on = train_compiled(tmp_path)
    assert trained_on["parameters"]["compile"] and not trained_on["compiled"]
    assert (
        "goes on without torch.compile, which does not work here: No working C++ compiler found\n"
        in capsys.readouterr().err
    )


def test_compiled_training_gives_the_same_bytes_again_and_nearly_those_of_an_uncompiled_one(tmp_path, monkeypatch):
    first, again = (train_compiled(tmp_path / name) for name in "ab")
    if not first["compiled"]:
        pytest.skip("torch.compile needs a C++ compiler, such as g++")
    monkeypatch.setattr("psl.training.engine.run.can_compile", lambda _: False)
    train_compiled(tmp_path / "plain")
    weights = {name: (tmp_path / name / "seed1/model.safetensors").read_bytes() for name in ("a", "b")}
    losses = [(tmp_path / name / "seed1/history.csv").read_text().split(",")[-4] for name in ("a", "plain")]
    assert weights["a"] == weights["b"] and again["compiled"]
    assert float(losses[0]) == pytest.approx(float(losses[1]), rel=1e-4)
