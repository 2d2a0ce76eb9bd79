"""The networks beside MobileNetV2: published sizes, windows of any length, the same bytes, and what does not fit."""

import sys

import numpy as np
import pytest
import torch
from tiny_peers import LIBRARIES, TINY, tiny
from toy import FRONT_END, VOCABULARY

from models.parts.attention_pooling import AttentionPooling
from psl.annotators.inference.network.build import build_network
from psl.annotators.inference.network.saved_model import load, save
from psl.config import Plugin
from psl.io.features.front_end import front_end_hash
from psl.runtime.errors import PslError
from psl.training.fine_tuning.network import network_from

PUBLISHED = [
    ("cnn14", {}, 81e6),
    ("efficientnet_b0", {}, 5.36e6),
    ("efficientnet_b2", {}, 9.19e6),
    ("efficientnet_b2", {"heads": 4}, 13.64e6),
    ("resnet50", {}, 25.66e6),
    ("ast", {}, 87e6),
    ("mobilenetv3", {}, 4.88e6),
    ("mobilenetv3", {"width": 0.4}, 0.98e6),
]


@pytest.fixture(autouse=True)
def library(request):
    """Skip a network whose library is not installed; the same weights and inputs in every run."""
    torch.manual_seed(0)
    name = getattr(request.node, "callspec", None) and request.node.callspec.params.get("name")
    if name:
        pytest.importorskip(LIBRARIES.get(name, "timm"), reason="`pip install -e '.[peers]'`")


@pytest.mark.parametrize(("name", "package"), [(name, LIBRARIES.get(name, "timm")) for name in TINY if name != "cnn14"])
def test_a_library_that_is_not_installed_is_a_sentence_that_names_the_extra(name, package, monkeypatch):
    for module in [package, *(module for module in sys.modules if module.startswith(f"{package}."))]:
        monkeypatch.setitem(sys.modules, module, None)
    with pytest.raises(PslError, match=rf"^{name} needs {package}: `pip install -e '\.\[peers\]'` in the repository$"):
        tiny(name)


@pytest.mark.parametrize(("name", "options", "parameters"), PUBLISHED)
def test_parameters_are_as_many_as_published(name, options, parameters):
    tiny(name, 5)  # libraries that would be imported on the device meta would keep constants there
    with torch.device("meta"):
        network = build_network(527, Plugin(name=name, **options))
    assert sum(weight.numel() for weight in network.parameters()) == pytest.approx(parameters, rel=0.01)


@pytest.mark.parametrize("name", TINY)
@pytest.mark.parametrize(("clips", "frames"), [(1, 32), (2, 33), (3, 170)])
def test_a_network_hears_windows_of_any_length(name, clips, frames):
    p_BC, p_BTC = tiny(name, 5).eval()(torch.randn(clips, frames, 32) * 20 - 20)
    steps = {"cnn14": frames // 32, "ast": -(-frames // 50)}.get(name, -(-frames // 32))
    assert p_BC.shape == (clips, 5) and p_BTC.shape == (clips, steps, 5)
    assert p_BC.dtype == p_BTC.dtype == torch.float32
    assert min(p_BC.min(), p_BTC.min()) >= 0 and max(p_BC.max(), p_BTC.max()) <= 1


@pytest.mark.parametrize("name", [name for name in TINY if name not in ("cnn14", "ast")])
def test_other_numbers_of_mel_bands_need_no_option(name):
    assert tiny(name)(torch.zeros(2, 40, 128))[0].shape == (2, 3)


@pytest.mark.parametrize("name", TINY)
def test_the_same_seed_trains_to_the_same_bytes(name):
    first, second = trained(name), trained(name)
    assert first.keys() == second.keys()
    assert [key for key in first if not torch.equal(first[key], second[key])] == []


@pytest.mark.parametrize("name", TINY)
def test_the_loss_falls(name):
    losses: list[float] = []
    trained(name, steps=30, losses=losses)
    assert np.mean(losses[-3:]) < 0.8 * np.mean(losses[:3])


def trained(name, steps=3, losses=None):
    """The weights after some steps on one batch: a loud band of mel is the class."""
    torch.manual_seed(1)
    network = tiny(name).train()
    optimiser = torch.optim.Adam(network.parameters(), 0.01)
    y_BC = torch.eye(3).repeat(4, 1)
    mel_BTF = torch.randn(12, 40, 32) * 5 - 40 + 40 * y_BC.repeat_interleave(11, 1)[:, None, :32]
    for _ in range(steps):
        loss = torch.nn.functional.binary_cross_entropy(network(mel_BTF)[0], y_BC)
        optimiser.zero_grad()
        loss.backward()
        optimiser.step()
        if losses is not None:
            losses.append(loss.item())
    return {key: tensor.clone() for key, tensor in network.state_dict().items()}


@pytest.mark.parametrize("name", TINY)
def test_a_saved_network_is_opened_labels_alike_and_transfers(name, tmp_path):
    network = tiny(name)
    network.load_state_dict(trained(name))
    hashed = front_end_hash(FRONT_END)
    save(
        tmp_path / "m", network, Plugin(name=name, **TINY[name]), FRONT_END,
        front_end_hash=hashed, vocabulary=VOCABULARY, trained_on={}, history_csv="",
    )  # fmt: skip
    mel_BTF = torch.randn(2, 70, 32) * 20 - 20
    with torch.inference_mode():
        expected_BC = network.eval()(mel_BTF)[0]
    assert np.abs(load(tmp_path / "m", build_network)(mel_BTF.numpy()) - expected_BC.numpy()).max() < 1e-5
    other = network_from(tmp_path / "m", 7, hashed, build_network).build()
    assert other(mel_BTF)[0].shape == (2, 7)


@pytest.mark.parametrize("name", [name for name in TINY if name != "ast"])
def test_an_exported_network_says_the_same_of_any_length(name):
    onnxruntime = pytest.importorskip("onnxruntime")
    from psl.export.network import network_model

    network = tiny(name)
    network.load_state_dict(trained(name))
    session = onnxruntime.InferenceSession(network_model(network.eval(), 32).SerializeToString())
    mel_BTF = torch.randn(3, 170, 32) * 20 - 20
    with torch.inference_mode():
        expected = network(mel_BTF)
    for ours, theirs in zip(expected, session.run(None, {"mel_BTF": mel_BTF.numpy()}), strict=True):
        assert np.abs(ours.numpy() - theirs).max() < 1e-5


def test_ast_says_that_it_cannot_be_exported():
    pytest.importorskip("transformers")
    pytest.importorskip("onnx")
    from psl.export.network import network_model

    with pytest.raises(PslError, match=r"ast cannot be exported, because its windows .* export a student of another"):
        network_model(tiny("ast").eval(), 32)


def test_ast_hears_a_long_clip_in_windows():
    pytest.importorskip("transformers")
    mel_BTF, network = torch.randn(2, 120, 32) * 20 - 20, tiny("ast").eval()
    with torch.inference_mode():
        p_BC, p_BTC = network(mel_BTF)
        p_NC = torch.stack([network(mel_BTF[:, start : start + 50])[0] for start in (0, 35, 70)], 1)
    assert torch.allclose(p_BTC, p_NC, atol=1e-6) and torch.allclose(p_BC, p_NC.mean(1), atol=1e-6)


def test_attention_pooling_is_a_weighted_mean():
    pooling, x_BTD = AttentionPooling(4, 3, 2), torch.randn(2, 5, 4)
    p_BC, p_BTC = pooling(x_BTD)
    weights, values = (
        torch.sigmoid(layer(x_BTD)).reshape(2, 5, 2, 3) for layer in (pooling.attention, pooling.decision)
    )
    expected = ((weights * values).sum(1) / weights.sum(1)).mean(1)  # the two heads begin with equal weights
    assert torch.allclose(p_BC, expected, atol=1e-6) and torch.allclose(p_BTC, values.mean(2), atol=1e-6)


@pytest.mark.parametrize(
    ("name", "options", "sentence"),
    [
        ("cnn14", {"width": 0.01}, "width 0.01 leaves a layer of cnn14 without channels: give 0.015625 or more"),
        ("cnn14", {"n_mels": 31}, "n_mels 31 is too few for cnn14, which halves them five times: give 32 or more"),
        ("cnn14", {"dropout": 1.0}, "dropout 1.0 is not a share"),
        ("resnet50", {"width": 0.01}, "width 0.01 leaves a layer of resnet50 without channels: give 0.015625 or more"),
        ("resnet50", {"depth": 0.0}, "depth 0.0 leaves nothing of resnet50"),
        ("efficientnet_b0", {"width": 0.0}, "width 0.0 leaves nothing of efficientnet_b0: give more than 0"),
        ("efficientnet_b2", {"heads": 0}, "heads 0 leaves nothing of efficientnet_b2"),
        ("efficientnet_b2", {"drop_path": 1.0}, "drop_path 1.0 is not a share of blocks"),
        ("mobilenetv3", {"width": -1.0}, "width -1.0 leaves nothing of mobilenetv3"),
        ("mobilenetv3", {"dropout": -0.1}, "dropout -0.1 is not a share"),
        ("ast", {"width": 0.001}, "width 0.001 leaves 0 numbers in a token of ast, which its 2 heads do not share"),
        ("ast", {"heads": 5}, "leaves 24 numbers in a token of ast, which its 5 heads do not share evenly"),
        ("ast", {"layers": 0}, "layers 0 leaves nothing of ast"),
        ("ast", {"max_frames": 15}, "max_frames 15 is less than a patch of ast: give 16 or more"),
        ("ast", {"dropout": 1.0}, "dropout 1.0 is not a share"),
    ],
)
def test_options_that_make_no_network_are_a_sentence(name, options, sentence):
    with pytest.raises(PslError, match=sentence):
        tiny(name, **options)


@pytest.mark.parametrize(
    ("name", "shape", "sentence"),
    [
        (
            "cnn14",
            (31, 32),
            "cnn14 needs windows of 32 frames or more, and one has 31: lengthen the window, or shorten",
        ),
        ("cnn14", (40, 64), "cnn14 was built for 32 mel bands, and the features have 64: set architecture.n_mels"),
        ("ast", (15, 32), "ast needs windows of 16 frames or more, and one has 15: lengthen the window, or shorten"),
        ("ast", (40, 64), "ast was built for 32 mel bands, and the features have 64: set architecture.n_mels"),
    ],
)
def test_features_that_do_not_fit_are_a_sentence(name, shape, sentence):
    with pytest.raises(PslError, match=sentence):
        tiny(name)(torch.zeros(1, *shape))
