"""MobileNetV2 is the published one in names, shapes and sums; probabilities are averaged over time."""

import json

import numpy as np
import pytest
import torch
from toy import FRONT_END, VOCABULARY

import models
from models.mobilenetv2 import MobileNetV2
from psl.annotators.inference.network.build import build_network
from psl.annotators.inference.network.saved_model import load, save
from psl.config import Plugin
from psl.runtime.errors import PslError


@pytest.mark.parametrize(
    "classes, parameters", [(527, 2_898_383), (200, 2_479_496), (80, 2_325_776), (41, 2_275_817), (10, 2_236_106)]
)
def test_parameter_count_is_the_papers(classes, parameters):
    assert sum(p.numel() for p in MobileNetV2(classes).parameters()) == parameters


@pytest.mark.parametrize("frames, steps", [(201, 7), (501, 16), (1001, 32), (1, 1)])
def test_a_step_is_32_frames(frames, steps):
    p_BC, p_BTC = MobileNetV2(10, width=0.1, last_channel=8)(torch.zeros(2, frames, 64))
    assert p_BC.shape == (2, 10) and p_BTC.shape == (2, steps, 10)


@pytest.mark.parametrize(
    "name, shape",
    [
        ("features.0.0.weight", (32, 1, 3, 3)),
        ("features.0.1.running_mean", (32,)),
        ("features.1.conv.0.0.weight", (32, 1, 3, 3)),
        ("features.1.conv.1.weight", (16, 32, 1, 1)),
        ("features.2.conv.0.0.weight", (96, 16, 1, 1)),
        ("features.2.conv.1.0.weight", (96, 1, 3, 3)),
        ("features.2.conv.2.weight", (24, 96, 1, 1)),
        ("features.17.conv.3.bias", (320,)),
        ("features.18.0.weight", (1280, 320, 1, 1)),
        ("classifier.1.weight", (527, 1280)),
    ],
)
def test_weights_have_the_published_names_and_shapes(name, shape):
    assert tuple(MobileNetV2(527).state_dict()[name].shape) == shape


@pytest.mark.parametrize("width, last_channel, last", [(0.35, 256, 256), (1.0, 1280, 1280), (1.5, 1280, 1920)])
def test_width_multiplies_channels_and_the_last_only_upwards(width, last_channel, last):
    model = MobileNetV2(4, width, last_channel)
    assert model.classifier[1].in_features == last
    assert model.features[0][0].out_channels == int(32 * width) and model.features[2].conv[2].out_channels == int(
        24 * width
    )


def test_the_clip_is_the_mean_of_the_probabilities_of_its_steps():
    model = MobileNetV2(5, 0.1, 8, dropout=0.0)  # in training mode, so that batch norm spreads the values
    with torch.no_grad():
        model.classifier[1].weight.mul_(100)
        p_BC, p_BTC = model(torch.randn(3, 200, 64) * 20)
    assert torch.allclose(p_BC, p_BTC.mean(1), atol=1e-6) and p_BTC.std(1).max() > 0.1
    assert p_BTC.min() >= 0 and p_BTC.max() <= 1 and p_BC.dtype == torch.float32


def test_weights_begin_as_the_paper_says():
    model = MobileNetV2(527)
    convolution, head = model.features[18][0].weight, model.classifier[1]
    assert convolution.abs().max() <= np.sqrt(6 / (320 + 1280)) and head.weight.std().item() == pytest.approx(
        0.01, rel=0.02
    )
    assert not head.bias.any() and (model.features[18][1].weight == 1).all()


def test_an_architecture_is_built_with_its_options():
    model = build_network(7, Plugin(name="mobilenetv2", width=0.2, last_channel=12, dropout=0.4))
    assert model.classifier[0].p == 0.4 and model.classifier[1].weight.shape == (7, 12)


@pytest.mark.parametrize(
    "options, sentence",
    [
        ({"width": 0.06}, "width 0.06 leaves a layer of mobilenetv2 without channels: give 0.0625 or more"),
        ({"width": 0.0}, "width 0.0 leaves a layer"),
        ({"last_channel": 0}, "last_channel 0 leaves no channel"),
        ({"dropout": 1.0}, "dropout 1.0 is not a share"),
        ({"depth": 3}, "architecture.depth is not an option of mobilenetv2"),
    ],
)
def test_options_that_make_no_network_are_a_sentence(options, sentence):
    with pytest.raises(PslError, match=sentence):
        build_network(7, Plugin(name="mobilenetv2", **options))


LINEAR = """from torch import nn

def build(n_classes: int, *, bias: bool):
    return nn.Linear(32, n_classes, bias=bias)
"""


def test_an_architecture_is_one_new_file(tmp_path, monkeypatch):
    (tmp_path / "linear.py").write_text(LINEAR)
    folders = [*models.__path__, str(tmp_path)]
    monkeypatch.setattr(models, "__path__", folders)
    monkeypatch.setattr(models.__spec__, "submodule_search_locations", folders)
    architecture = Plugin(name="linear", bias=False)
    save(
        tmp_path / "m", build_network(3, architecture), architecture, FRONT_END,
        front_end_hash="", vocabulary=VOCABULARY, trained_on={}, history_csv="",
    )  # fmt: skip
    assert json.loads((tmp_path / "m/model.json").read_text())["architecture"] == {"name": "linear", "bias": False}
    assert load(tmp_path / "m", build_network).network.weight.shape == (3, 32)


def test_the_narrowest_network_computes():
    p_BC, _ = build_network(3, Plugin(name="mobilenetv2", width=1 / 16, last_channel=1))(torch.zeros(2, 40, 32))
    assert p_BC.shape == (2, 3)
