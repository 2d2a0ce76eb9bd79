"""Online labels: students learn what the annotator says of the very batch, wherever it starts and whatever it mixes."""

from types import SimpleNamespace

import numpy as np
import pytest
import torch
from params_files import DEFAULT, changed, dumped, fault_in
from ruamel.yaml import YAML
from toy import FRONT_END, placeholder, toy_labels, toy_manifest, toy_store, training_params
from toy_training import build, same

from psl.annotators import open_saved
from psl.config import Plugin, training_of
from psl.config.file import read_params
from psl.io.features.front_end import front_end_hash
from psl.runtime.errors import PslError
from psl.training.engine import loop
from psl.training.engine.augment import build_augmentation
from psl.training.engine.data import make_training_data
from psl.training.engine.online import OnlineLabels
from tasks.online_labels import online_labels

MIXUP = Plugin(name="mixup", domain="power", beta=1.0, labels=None, share=0.5)
NONE = Plugin(name="none")
MASKS = Plugin(name="spec_augment", time_masks=2, max_time_share=0.2, mel_masks=2, max_mel_bands=8)
WINDOWS = {"window_seconds": 2.0, "hop_seconds": 2.0}
UNION = MIXUP.model_dump() | {"labels": "union"}


def loud_bands(mel_BTF):
    """A perfect annotator of the toy corpus: which bands are loud in the window itself."""
    energy_BC = mel_BTF[:, :, :30].reshape(len(mel_BTF), mel_BTF.shape[1], 3, 10).mean((1, 3))
    return (1 / (1 + np.exp(-(energy_BC + 40) / 5))).astype(np.float32)


def trained(store, folder, monkeypatch, **changes):
    """The network and the batches that it learnt, from windows at random places that the annotator labels."""
    batches, step = [], loop.train_step

    def remember(model, optimiser, scaler, batch, **keywords):
        batches.append(tuple(tensor.clone() for tensor in batch))
        return step(model, optimiser, scaler, batch, **keywords)

    monkeypatch.setattr(loop, "train_step", remember)
    params = training_params(labels="online", window_starts="random", **changes)
    data = make_training_data(
        store,
        toy_labels(store),
        toy_manifest(store),
        params,
        alpha=None,
        random_starts=True,
        online=OnlineLabels(loud_bands),
    )
    network, _ = loop.train(build, data, params, 1, relative_rates={}, checkpoints=folder, name="toy")
    monkeypatch.setattr(loop, "train_step", step)
    return network, batches


@pytest.mark.parametrize("augmentation", [Plugin(name="none"), MIXUP])
def test_each_batch_has_the_annotators_label_of_what_is_heard_in_it(tmp_path, monkeypatch, augmentation):
    store = toy_store(tmp_path / "features")
    network, batches = trained(store, tmp_path / "a", monkeypatch, augmentation=augmentation)
    for mel_BTF, target_BC in batches:
        np.testing.assert_array_equal(target_BC.numpy(), loud_bands(mel_BTF.numpy()))
    again, _ = trained(store, tmp_path / "b", monkeypatch, augmentation=augmentation)
    assert same(network, again)


def test_classes_that_the_annotator_does_not_have_keep_their_target():
    mel, target = torch.full((2, 4, 32), -60.0), torch.tensor([[0.1, 0.2, 0.3], [0.4, float("nan"), 0.6]])
    online = OnlineLabels(loud_bands, unmatched=(1,))
    out_mel, out_target = online.after(lambda mel, target, _: (mel + 1, target))(mel, target, torch.Generator())
    assert torch.equal(out_mel, mel + 1)
    assert torch.equal(out_target[:, 1].isnan(), target[:, 1].isnan()) and out_target[0, 1] == target[0, 1]
    np.testing.assert_array_equal(out_target[:, [0, 2]].numpy(), loud_bands(out_mel.numpy())[:, [0, 2]])


def test_what_comes_after_the_labels_the_student_hears_and_the_annotator_does_not():
    mel = torch.from_numpy(np.random.default_rng(1).normal(-40, 9, (4, 40, 32)).astype(np.float32))
    online = OnlineLabels(loud_bands, afterwards=build_augmentation(MASKS))
    heard, target = online.after(build_augmentation(NONE))(mel, torch.zeros(4, 3), torch.Generator().manual_seed(1))
    assert (heard != mel).any()
    np.testing.assert_array_equal(target.numpy(), loud_bands(mel.numpy()))


HASH = front_end_hash(FRONT_END)
LABELS = SimpleNamespace(provenance={"annotator_key": "teacher", "weights_hash": "abc"})


def opened(monkeypatch, annotator, front_end_hash=HASH):
    """Let annotators open as this one."""
    record = SimpleNamespace(front_end_hash=front_end_hash)
    member = SimpleNamespace(key="teacher", annotator=annotator, record=record)
    both = SimpleNamespace(
        weights_hash="abc", members=(member, member), mean=lambda p: p[0] / 2 + p[1] / 2, unmatched=()
    )
    monkeypatch.setattr(open_saved, "open_saved_members", lambda *_: both)


def test_the_students_annotator_labels_and_calibration_follows(tmp_path, monkeypatch):
    params, store = read_params(changed(tmp_path, "train_student.device", "cpu")), toy_store(tmp_path / "features")
    annotator = placeholder()
    opened(monkeypatch, annotator)
    mel_BTF = np.random.default_rng(1).normal(-60, 5, (3, 40, 32)).astype(np.float32)
    online = online_labels(params, LABELS, store, None, afterwards=NONE)
    np.testing.assert_allclose(online.annotate(mel_BTF), annotator(mel_BTF), rtol=1e-6)
    halved = online_labels(params, LABELS, store, lambda p_BC: p_BC / 2, afterwards=NONE)
    np.testing.assert_allclose(halved.annotate(mel_BTF), annotator(mel_BTF) / 2, rtol=1e-6)


def test_an_annotator_that_psl_did_not_save_cannot_label_batches(tmp_path, monkeypatch):
    record = SimpleNamespace(kind="onnx")
    monkeypatch.setattr(open_saved, "read_record", lambda _: (record, None))
    with pytest.raises(
        PslError, match=r"online needs annotators of the kind saved, .* annotators.mn04 is of the kind onnx"
    ):
        open_saved.open_saved_members("mn04", {}, tmp_path, "cpu")


@pytest.mark.parametrize(
    ("changes", "words"),
    [
        ({"window_starts": "random"}, "window_starts: random needs labels: online"),
        ({"augmentation_after_labels": MASKS.model_dump()}, "augmentation_after_labels needs labels: online"),
        ({"augmentation_after_labels": {"name": "masks"}}, "augmentation_after_labels.name masks is no file"),
        (
            {"labels": "online", "augmentation_after_labels": MIXUP.model_dump()},
            "augmentation_after_labels mixup: labels is weighted or union, because the annotator does not hear it",
        ),
        ({"augmentation": MIXUP.model_dump()}, "labels is weighted or union where labels are stored"),
        (
            {
                "labels": "online",
                "augmentation": {"name": "chain", "parts": [MIXUP.model_dump() | {"labels": "union"}]},
            },
            "and null where the annotator labels each mixture",
        ),
    ],
)
def test_what_contradicts_itself_is_refused(tmp_path, changes, words):
    assert words in fault_in(changed(tmp_path, "train_student", changes))


def test_a_mix_with_weak_labels_takes_stored_ones(tmp_path):
    params = YAML(typ="safe").load(DEFAULT.read_text())
    params["students"]["mixed"] = {"targets": "mix", "alpha": 0.5, "window_seconds": 2.0, "hop_seconds": 2.0}
    params["students"]["weak"]["labels"] = "stored"
    params["train_student"]["labels"] = "online"
    assert "students.mixed.targets mix needs labels: stored" in fault_in(dumped(tmp_path, params))


def test_a_student_may_have_a_recipe_of_its_own(tmp_path):
    own = {**WINDOWS, "labels": "online", "window_starts": "random", "augmentation": MIXUP.model_dump()}
    params = read_params(changed(tmp_path, "students", {"mixed": own}))
    training = training_of(params.train_student, params.students["mixed"])
    assert (training.labels, training.window_starts, training.augmentation) == ("online", "random", MIXUP)
    assert training_of(params.train_student, params.students["2"]) == params.train_student
    fault = fault_in(changed(tmp_path, "students", {"mixed": own | {"labels": "stored"}}))
    assert "students.mixed.augmentation mixup: labels is weighted or union where labels are stored" in fault
    fault = fault_in(changed(tmp_path, "students", {"mixed": {**WINDOWS, "window_starts": "random"}}))
    assert "students.mixed.window_starts: random needs labels: online" in fault
    fault = fault_in(changed(tmp_path, "students", {"noisy": {"targets": "weak", "labels": "online"}}))
    assert "students.noisy.targets weak needs labels: stored" in fault


def test_an_annotator_that_changed_since_it_made_the_labels_is_refused(tmp_path, monkeypatch):
    params, store = read_params(changed(tmp_path, "train_student.device", "cpu")), toy_store(tmp_path / "features")
    opened(monkeypatch, placeholder())
    older = SimpleNamespace(provenance=LABELS.provenance | {"weights_hash": "older"})
    with pytest.raises(PslError, match="the annotator teacher changed since it made the labels"):
        online_labels(params, older, store, None, afterwards=NONE)


def test_an_annotator_of_other_features_is_refused(tmp_path, monkeypatch):
    params, store = read_params(changed(tmp_path, "train_student.device", "cpu")), toy_store(tmp_path / "features")
    opened(monkeypatch, placeholder(), "another")
    with pytest.raises(PslError, match="front end"):
        online_labels(params, LABELS, store, None, afterwards=NONE)
