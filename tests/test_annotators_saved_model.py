"""A saved model is read back the same, damage is told, and a published checkpoint comes in by name and shape."""

import json
import os
import pickle

import numpy as np
import pytest
import torch
from safetensors.torch import load_file
from toy import ARCHITECTURE, FRONT_END, VOCABULARY, toy_store

from models.mobilenetv2 import MobileNetV2
from psl.annotators.inference.network.build import build_network
from psl.annotators.inference.network.saved_model import load, save
from psl.annotators.published import import_published, load_published
from psl.io.features.front_end import front_end_hash
from psl.io.metadata.vocabulary import Vocabulary
from psl.runtime.errors import PslError


def build() -> torch.nn.Module:
    torch.manual_seed(5)
    model = build_network(3, ARCHITECTURE)
    with torch.no_grad():
        model.classifier[1].weight.mul_(1000)
        for module in model.modules():
            if isinstance(
                module, torch.nn.BatchNorm2d
            ):  # as after a training, so that folding it has something to fold
                module.running_mean.normal_()
                module.running_var.uniform_(0.5, 2.0)
    return model.eval()


def saved(folder, model=None):
    save(
        folder,
        model or build(),
        ARCHITECTURE,
        FRONT_END,
        front_end_hash=front_end_hash(FRONT_END),
        vocabulary=VOCABULARY,
        trained_on={"seed": 5},
        history_csv="step\n1\n",
    )
    return folder


def test_round_trip(tmp_path):
    model, read = build(), load(saved(tmp_path / "m"), build_network)
    mel_BTF = np.random.default_rng(0).normal(-50, 20, (4, 50, 32)).astype(np.float32)
    with torch.no_grad():
        np.testing.assert_allclose(read(mel_BTF), model(torch.from_numpy(mel_BTF))[0], atol=1e-5)
    assert (
        read.vocabulary == VOCABULARY
        and read.input.front_end_hash == front_end_hash(FRONT_END)
        and read.name.endswith("/m")
    )
    assert read.about["trained_on"] == {"seed": 5} and read.about["n_parameters"] == sum(
        p.numel() for p in model.parameters()
    )
    assert (tmp_path / "m/history.csv").read_text() == "step\n1\n"


def test_the_same_model_gives_the_same_bytes(tmp_path):
    first, second = (saved(tmp_path / name) for name in "ab")
    assert (
        all((first / file.name).read_bytes() == file.read_bytes() for file in second.iterdir())
        and len(list(first.iterdir())) == 4
    )


def test_an_absent_model_names_the_stage(tmp_path):
    with pytest.raises(PslError, match=r"no model in .*run the stage"):
        load(tmp_path, build_network)


def cut_weights(folder):
    path = folder / "model.safetensors"
    path.write_bytes(path.read_bytes()[:-9])


def other_weights(folder):
    model = build()
    with torch.no_grad():
        model.classifier[1].bias += 1
    saved(folder.with_name("other"), model)
    (folder.with_name("other") / "model.safetensors").replace(folder / "model.safetensors")


def other_classes(folder):
    Vocabulary(("/m/x", "/m/y", "/m/z"), ("X", "Y", "Z")).write(folder / "classes.csv")


def fewer_classes(folder):
    Vocabulary(("/m/a", "/m/b"), ("A", "B")).write(folder / "classes.csv")


def no_json(folder):
    (folder / "model.json").write_text("{")


@pytest.mark.parametrize("damage", [cut_weights, other_weights, other_classes, fewer_classes, no_json])
def test_damage_is_told_in_a_sentence(tmp_path, damage):
    damage(saved(tmp_path / "m"))
    with pytest.raises(PslError, match=r"train (it|the model) anew"):
        load(tmp_path / "m", build_network)


def test_an_unknown_architecture_lists_the_known_ones(tmp_path):
    path = saved(tmp_path / "m") / "model.json"
    about = json.loads(path.read_text())
    about["architecture"]["name"] = "cnn15"
    path.write_text(json.dumps(about))
    with pytest.raises(
        PslError,
        match=r"architecture.name cnn15 is no file with build in models/: choose one of ast, cnn14, .*mobilenetv2",
    ):
        load(tmp_path / "m", build_network)


@pytest.mark.parametrize("wrap", [lambda state: state, lambda state: {"model": state, "epoch": 7}])
def test_a_published_checkpoint_is_imported(tmp_path, wrap, monkeypatch):
    monkeypatch.setattr("psl.annotators.published.PUBLISHED_FRONT_END", FRONT_END)
    published = build()
    state = {
        name: tensor for name, tensor in published.state_dict().items() if not name.endswith("num_batches_tracked")
    }
    torch.save(wrap({**state, "front_end.0.spectrogram.window": torch.ones(512)}), tmp_path / "mAP40.pt")
    import_published(
        tmp_path / "m",
        tmp_path / "mAP40.pt",
        ARCHITECTURE,
        toy_store(tmp_path / "f", clips=2),
        vocabulary=VOCABULARY,
        build=build_network,
    )
    read = load(tmp_path / "m", build_network)
    assert torch.equal(read.network.classifier[1].weight, published.classifier[1].weight)
    kept = load_file(tmp_path / "m/model.safetensors")
    assert all(torch.equal(kept[name], tensor) for name, tensor in state.items())
    assert read.about["trained_on"]["imported"] == "mAP40.pt" and (tmp_path / "m/history.csv").read_text() == ""


def test_a_published_checkpoint_wants_the_features_it_was_trained_on(tmp_path):
    torch.save(build().state_dict(), tmp_path / "c.pt")
    with pytest.raises(PslError, match=r"front_end hop_length_samples 160 and not 640, n_mels 64 and not 32"):
        import_published(
            tmp_path / "m",
            tmp_path / "c.pt",
            ARCHITECTURE,
            toy_store(tmp_path / "f", clips=2),
            vocabulary=VOCABULARY,
            build=build_network,
        )


@pytest.mark.parametrize(
    "change, sentence",
    [
        (lambda state: state.pop("features.0.0.weight"), "features.0.0.weight is missing"),
        (lambda state: state.update(extra=torch.ones(1)), "extra is unknown"),
        (
            lambda state: state.update({"classifier.1.bias": torch.ones(4)}),
            r"classifier.1.bias has the shape \(4,\) and not \(3,\)",
        ),
        (lambda state: state.clear(), "no state dict"),
        (lambda state: state.update(note="text"), "no state dict"),
    ],
)
def test_a_checkpoint_that_does_not_fit_says_where(tmp_path, change, sentence):
    state = dict(build().state_dict())
    change(state)
    torch.save(state, tmp_path / "c.pt")
    with pytest.raises(PslError, match=sentence):
        load_published(tmp_path / "c.pt", build())


class Hostile:
    def __reduce__(self):
        return os.system, ("false",)


@pytest.mark.parametrize("content", [Hostile(), {"weight": Hostile()}, MobileNetV2(2, 0.1, 8)])
def test_a_checkpoint_with_code_is_refused(tmp_path, content):
    torch.save(content, tmp_path / "c.pt")
    with pytest.raises(
        PslError, match=r"c\.pt holds more than weights, which would run code when it is read, and is r"
    ):
        load_published(tmp_path / "c.pt", build())


@pytest.mark.parametrize("zipped", [True, False])
def test_a_file_that_is_damaged_or_no_checkpoint(tmp_path, zipped):
    torch.save(build().state_dict(), tmp_path / "whole.pt", _use_new_zipfile_serialization=zipped)
    for content in ((tmp_path / "whole.pt").read_bytes()[:2000], b"<html>404</html>", b""):
        (tmp_path / "c.pt").write_bytes(content)
        with pytest.raises(PslError, match=r"c\.pt is damaged or no checkpoint of weights that torch can read: fetch"):
            load_published(tmp_path / "c.pt", build())


def test_a_checkpoint_that_does_not_exist_is_not_refused_for_the_features(tmp_path):
    store = toy_store(tmp_path / "f", clips=2)
    with pytest.raises(PslError, match=r"absent.pt does not exist"):
        import_published(
            tmp_path / "m",
            tmp_path / "absent.pt",
            ARCHITECTURE,
            store,
            vocabulary=VOCABULARY,
            build=build_network,
        )


def test_no_word_of_the_library_comes_before_a_refusal(tmp_path, recwarn):
    (tmp_path / "protocol4.pt").write_bytes(pickle.dumps({"weight": build}, protocol=4))
    torch.jit.script(torch.nn.Linear(2, 2)).save(tmp_path / "script.pt")
    recwarn.clear()  # of making it
    for name in ("protocol4.pt", "script.pt"):
        with pytest.raises(PslError, match="would run code when it is read"):
            load_published(tmp_path / name, build())
    assert [str(warning.message) for warning in recwarn] == []
