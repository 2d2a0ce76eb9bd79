"""Models of transformers label as the library itself does, say what they take, and refuse what would go wrong."""

import json
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest
from hugging_face_models import (
    NAMES,
    STATED,
    STATED_ANY_LENGTH,
    copy,
    edit,
    opened,
    pickled,
    refusal,
    save_ast,
    save_wav2vec2,
    sound,
)
from hypothesis import given, settings
from hypothesis import strategies as st
from imports import ROOT

from psl.annotators.contract import complete
from psl.annotators.hugging_face.description import Description
from psl.annotators.kinds import hugging_face as kind
from psl.io.metadata.vocabulary import Vocabulary
from psl.runtime.errors import PslError

SAVE = {
    "ast": save_ast,
    "group": save_wav2vec2,
    "layer": lambda folder: save_wav2vec2(folder, mask=True, feat_extract_norm="layer", do_stable_layer_norm=True),
    "raw": lambda folder: save_wav2vec2(folder, normalize=False),
}


@pytest.fixture(scope="module")
def saved(tmp_path_factory):
    """Folders of models, by name."""
    import torch

    torch.manual_seed(0)
    return {name: save(tmp_path_factory.mktemp("models") / name) for name, save in SAVE.items()}


@pytest.fixture
def ast(saved, tmp_path):
    return copy(saved["ast"], tmp_path / "ast")


@pytest.mark.parametrize("name", SAVE)
def test_logits_vs_the_library(saved, name):
    import torch
    from transformers import AutoFeatureExtractor, AutoModelForAudioClassification

    network, extractor = (
        auto.from_pretrained(saved[name]) for auto in (AutoModelForAudioClassification, AutoFeatureExtractor)
    )
    x_BT = sound(3, 9000)
    with torch.no_grad():
        wanted_BC = network(**extractor(list(x_BT), sampling_rate=16_000, return_tensors="pt")).logits.numpy()
    got_BC = opened(saved[name])(x_BT)
    assert got_BC.dtype == np.float32 and got_BC.shape == (3, 3) and np.ptp(wanted_BC, axis=0).min() > 1e-3
    np.testing.assert_allclose(got_BC, wanted_BC, atol=1e-6)


@pytest.mark.parametrize("name", SAVE)
def test_a_window_does_not_hear_its_batch_mates(saved, name):
    model = opened(saved[name])

    @settings(max_examples=15)
    @given(st.lists(st.sampled_from([0.0, 1e-3, 1.0, 30.0]), min_size=2, max_size=6), st.integers(500, 10_000))
    def check(loudness_B, samples):
        x_BT = sound(len(loudness_B), samples) * np.float32(loudness_B)[:, None]
        together_BC = model(x_BT)
        for x_T, raw_C in zip(x_BT, together_BC, strict=True):
            np.testing.assert_allclose(model(x_T[None])[0], raw_C, atol=1e-5)

    check()


@given(st.sampled_from([8000, 16_000, 22_050, 44_100]), st.integers(1, 30), st.data())
def test_the_longest_window_fills_the_frames_of_ast(rate, frames, data):
    import torch
    from torchaudio.compliance.kaldi import fbank

    extractor = {"feature_extractor_type": "ASTFeatureExtractor", "sampling_rate": rate, "max_length": frames}
    described = Description(Path(), {}, extractor)
    longest = described.longest_samples

    def count(samples):
        return len(fbank(torch.zeros(1, samples), sample_frequency=rate, num_mel_bins=8))

    assert count(longest) == count(longest + described.hop_samples - 1) == frames
    assert count(longest + described.hop_samples) == frames + 1
    if frames > 1:
        assert count(longest - 1) == frames - 1


def test_ast_says_its_window_and_leaves_its_output_open(saved):
    assert kind.said(saved["ast"], STATED) == {
        "input": "waveform",
        "sample_rate_hz": 16_000,
        "normalisation": "none",
        "window_samples": 400 + 63 * 160,
        "shorter_windows": "model",
        "classes": "model",
    }
    asked = refusal(
        complete, {"name": "x", "licence": "y", "longer_windows": "max"}, kind.said(saved["ast"], {}), "here"
    )
    assert "does not state output," in asked
    with pytest.raises(PslError, match="longer_windows None with window_samples"):
        complete(STATED | {"longer_windows": None}, kind.said(saved["ast"], STATED), "here")


def test_wav2vec2_takes_any_length_and_says_that_it_chooses_one_class(saved):
    said = kind.said(saved["group"], {})
    assert said["window_samples"] is None and said["output"] == "softmax_logit" and "shorter_windows" not in said
    assert complete(STATED_ANY_LENGTH, said, "here").classes == "model"


def test_a_person_may_choose_shorter_pieces_and_how_windows_are_filled(saved):
    chosen = {"window_samples": 8000, "shorter_windows": "repeat", "longer_windows": "max"}
    for name, stated in (("ast", STATED), ("group", STATED_ANY_LENGTH)):
        contract = complete(stated | chosen, kind.said(saved[name], stated | chosen), "here")
        assert contract.window_samples == 8000 and contract.shorter_windows == "repeat"
    too_long = STATED | {"window_samples": 20_000}
    assert "states window_samples: 20000, and the model itself says 10480" in refusal(
        complete, too_long, kind.said(saved["ast"], too_long), "here"
    )


def test_problem_types(ast):
    edit(ast / "config.json", problem_type="multi_label_classification")
    assert kind.said(ast, {})["output"] == "logit"
    edit(ast / "config.json", problem_type="regression")
    assert "problem_type: regression" in refusal(kind.said, ast, {})


def test_a_window_is_never_cut_silently(saved):
    model = opened(saved["ast"])
    assert model(sound(1, 10_480 + 159)).shape == (1, 3)
    assert "a window of 10640 samples" in refusal(model, sound(1, 10_640))


@pytest.mark.parametrize(("name", "least"), [("ast", 400), ("group", 105)])
def test_a_window_shorter_than_a_frame_is_refused(saved, name, least):
    model = opened(saved[name])
    assert np.isfinite(model(sound(2, least))).all()
    assert f"at least {least}" in refusal(model, sound(2, least - 1))


def test_classes_are_by_index_and_keep_their_commas(ast):
    edit(ast / "config.json", id2label={"2": NAMES[2], "0": NAMES[0], "1": NAMES[1]})
    assert kind.class_list(ast) == Vocabulary(NAMES, NAMES)


def test_classes_that_names_do_not_tell_apart_need_a_list(ast):
    edit(ast / "config.json", id2label={"0": "Crow", "1": "Dog", "2": "Crow"})
    assert "several classes 'Crow': state classes: FILE" in refusal(kind.said, ast, {"classes": "model"})
    assert "classes" not in kind.said(ast, {"classes": "classes.csv"})
    assert kind.class_list(ast) == Vocabulary(("0", "1", "2"), ("Crow", "Dog", "Crow"))


def test_placeholders_need_a_list(ast):
    edit(ast / "config.json", id2label={str(index): f"LABEL_{index}" for index in range(3)})
    assert "placeholders such as LABEL_0" in refusal(kind.said, ast, {"classes": "model"})
    assert kind.class_list(ast) is None and "classes" not in kind.said(ast, {"classes": "classes.csv"})
    edit(ast / "config.json", id2label=None)  # how the library saves two classes without names
    assert "list of its 2 classes" in refusal(kind.said, ast, {"classes": "model"})


def test_placeholders_are_told_together_with_all_else_that_nobody_states(ast):
    edit(ast / "config.json", id2label=None, problem_type=None)
    message = refusal(complete, {}, kind.said(ast, {}), "here")
    assert message.startswith("here does not state name, licence, output, longer_windows, classes (FILE, the list of")
    assert "because config.json has placeholders such as LABEL_0 for names)" in message


def test_half_precision_weights_compute_in_float32_and_nothing_is_printed(saved, tmp_path, capfd):
    import torch
    from transformers import AutoModelForAudioClassification

    folder = copy(saved["group"], tmp_path / "half")
    AutoModelForAudioClassification.from_pretrained(folder).to(torch.float16).save_pretrained(folder)
    assert json.loads((folder / "config.json").read_text())["dtype"] == "float16"
    capfd.readouterr()
    model = opened(folder)
    np.testing.assert_allclose(model(sound(2, 4000)), opened(saved["group"])(sound(2, 4000)), atol=0.02)
    assert {parameter.dtype for parameter in model.network.parameters()} == {torch.float32}
    assert capfd.readouterr() == ("", "")


def test_weights_in_several_files(saved, tmp_path):
    from transformers import AutoModelForAudioClassification

    folder = copy(saved["group"], tmp_path / "parts")
    (folder / "model.safetensors").unlink()
    AutoModelForAudioClassification.from_pretrained(saved["group"]).save_pretrained(folder, max_shard_size="10KB")
    hashed = kind.files(folder)
    assert len(hashed) > 4 and {path.name for path in hashed} == {path.name for path in folder.iterdir()}
    np.testing.assert_array_equal(opened(folder)(sound(2, 4000)), opened(saved["group"])(sound(2, 4000)))
    hashed[-1].unlink()
    assert f"{hashed[-1].name} first" in refusal(kind.files, folder)


def unlink(name):
    return lambda folder: (folder / name).unlink()


def write(name, content):
    return lambda folder: (folder / name).write_bytes(content)


def config(**changes):
    return lambda folder: edit(folder / "config.json", **changes)


def extractor(**changes):
    return lambda folder: edit(folder / "preprocessor_config.json", **changes)


def headless(folder):
    from safetensors.torch import load_file, save_file

    weights = load_file(folder / "model.safetensors")
    kept = {name: tensor for name, tensor in weights.items() if not name.startswith("classifier")}
    save_file(kept, folder / "model.safetensors", {"format": "pt"})


BROKEN = {
    "holds no config.json": unlink("config.json"),
    "adapter_config.json, so it is an adapter of PEFT and no complete": write("adapter_config.json", b"{}"),
    "holds no preprocessor_config.json": unlink("preprocessor_config.json"),
    "config.json is broken, it is not JSON": write("config.json", b"{"),
    "config.json is broken, it holds no JSON object": write("config.json", b"[]"),
    "id2label does not name the classes 0, 1": config(id2label={"0": "a", "2": "b", "3": "c"}),
    "sampling_rate is 'fast'": extractor(sampling_rate="fast"),
    "feature_extractor_type: WhisperFeatureExtractor": extractor(feature_extractor_type="WhisperFeatureExtractor"),
    "takes num_mel_bins 32 (config.json), and its extractor gives 64": extractor(num_mel_bins=64),
    "holds no model.safetensors: fetch": unlink("model.safetensors"),
    "holds pytorch_model.bin, a pickle, which can run code": pickled,
    "cannot load the model": write("model.safetensors", b"not safetensors"),
    "model_type: colour-organ, an architecture that transformers": config(model_type="colour-organ"),
    "architecture Wav2Vec2ForCTC, which is not one for audio": config(
        model_type="wav2vec2", architectures=["Wav2Vec2ForCTC"]
    ),
    "architecture BertForSequenceClassification, which is not one": config(
        model_type="bert", architectures=["BertForSequenceClassification"]
    ),
    "cannot load the model in": config(hidden_size="wide"),
    "lack 4 tensors of the network, classifier.dense.bias first": headless,
    "give 3 classes, and its config.json names 4": config(
        id2label={str(index): f"class {index}" for index in range(4)}
    ),
    "have the shape (32,) for": config(intermediate_size=48),
}


@pytest.mark.parametrize("message", BROKEN)
def test_bad_folders(ast, message):
    if "Wav2Vec2ForCTC" in message or "Bert" in message:
        extractor(feature_extractor_type="ASTFeatureExtractor")(ast)
    BROKEN[message](ast)
    assert message in refusal(opened, ast, STATED)


def test_no_folder(tmp_path):
    assert "is no folder" in refusal(kind.said, tmp_path / "absent", {})


def test_another_sample_rate_than_the_models(saved):
    contract = complete(STATED_ANY_LENGTH, kind.said(saved["group"], {}), "here")
    other = contract.model_copy(update={"sample_rate_hz": 48_000})
    assert "states 48000 Hz" in refusal(kind.open_model, saved["group"], other, "cpu")


def test_without_the_library(saved, monkeypatch):
    monkeypatch.setitem(sys.modules, "transformers", None)
    monkeypatch.delitem(sys.modules, "psl.annotators.hugging_face.network", raising=False)
    assert "transformers, which is not installed: `pip install -e '.[hugging_face]'`" in refusal(opened, saved["ast"])


def test_ast_without_torchaudio(saved, monkeypatch):
    monkeypatch.setattr("psl.annotators.hugging_face.network.is_speech_available", lambda: False)
    assert "needs torchaudio" in refusal(opened, saved["ast"])


def test_what_a_model_says_is_read_without_its_library(saved):
    code = (
        "import sys; from pathlib import Path; from psl.annotators.kinds import hugging_face as kind; "
        f"kind.said(Path({str(saved['ast'])!r}), {{}}); "
        "print([name for name in ('torch', 'transformers') if name in sys.modules])"
    )
    assert subprocess.check_output([sys.executable, "-c", code], cwd=ROOT, text=True) == "[]\n"
