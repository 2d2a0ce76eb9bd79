"""ONNX annotators: what the file says of itself, and labels that depend on nothing but the window."""

import csv
from concurrent.futures import ThreadPoolExecutor

import numpy as np
import psutil
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from onnx import TensorProto, helper
from onnx_models import KERNEL, N_CLASSES, N_MELS, STATED, contract, mel_fields, mel_tagger, random, save, tagger
from params_files import ROOT

from psl.annotators.contract import complete
from psl.annotators.kinds import onnx as kind
from psl.audio.decode import read_clip

MN04 = ROOT.parent / "shared/models/mn04_as"
ESC = ROOT.parent / "shared/audio/esc50"
MN04_STATED = {**STATED, "sample_rate_hz": 32_000, "output_name": "probabilities"}
SAMPLES = 800


@pytest.fixture(scope="module")
def toy(tmp_path_factory):
    return kind.open_model(tagger(tmp_path_factory.mktemp("toy") / "toy.onnx"), contract(), "auto")


@pytest.mark.parametrize(
    ("shape", "expected"),
    [
        ({}, {"window_samples": None}),
        ({"samples": SAMPLES}, {"window_samples": SAMPLES}),
        ({"batch": 4}, {"window_samples": None, "batch_windows": 4}),
        ({"batch": 1, "samples": SAMPLES}, {"window_samples": SAMPLES, "batch_windows": 1}),
    ],
)
def test_the_file_says_what_it_fixes(tmp_path, shape, expected):
    assert kind.said(tagger(tmp_path / "toy.onnx", **shape), STATED) == expected


def test_a_length_can_be_read_before_the_input_is_stated(tmp_path):
    assert kind.said(tagger(tmp_path / "toy.onnx", samples=SAMPLES), {}) == {"window_samples": SAMPLES}
    assert kind.said(tagger(tmp_path / "toy.onnx", shape=["batch", 1, SAMPLES]), {}) == {}


def test_a_length_that_the_file_leaves_free_can_be_stated(tmp_path):
    stated = {**STATED, "window_samples": SAMPLES, "shorter_windows": "zeros", "longer_windows": "max"}
    said = kind.said(tagger(tmp_path / "toy.onnx"), stated)
    assert complete(stated, said, "here").window_samples == SAMPLES


@pytest.mark.parametrize(("frames", "expected"), [("frames", {"window_samples": None}), (11, {})])
def test_frames_say_a_length_in_samples_only_when_they_are_free(tmp_path, frames, expected):
    path = mel_tagger(tmp_path / "mel.onnx", frames=frames)
    assert kind.said(path, {**STATED, **mel_fields()}) == expected


@pytest.mark.parametrize("axes", ["BTF", "BFT", "B1TF", "B1FT"])
def test_spectrograms_in_the_axes_of_the_contract(tmp_path, axes):
    path = mel_tagger(tmp_path / "mel.onnx", axes, frames=11)
    model = kind.open_model(path, contract(window_samples=SAMPLES, **mel_fields(axes)), "cpu")
    mel = random(*({"B": 5, "T": 11, "F": N_MELS, "1": 1}[axis] for axis in axes))
    mean_BF = mel.mean(axis=tuple(number for number, axis in enumerate(axes) if axis in "T1"))
    np.testing.assert_allclose(model(mel), mean_BF @ random(N_MELS, N_CLASSES), rtol=1e-4, atol=1e-5)


@pytest.mark.parametrize("dtype", [TensorProto.FLOAT16, TensorProto.DOUBLE])
def test_windows_are_cast_as_the_model_wants_them(tmp_path, toy, dtype):
    model = kind.open_model(tagger(tmp_path / "toy.onnx", dtype=dtype), contract(), "cpu")
    x_BT = random(3, SAMPLES)
    assert model(x_BT).dtype == np.float32
    np.testing.assert_allclose(model(x_BT), toy(x_BT), atol=1e-3)


@pytest.mark.parametrize("dtype", [TensorProto.FLOAT, TensorProto.FLOAT16, TensorProto.DOUBLE])
def test_numbers_come_out_in_single_precision(tmp_path, dtype):
    mean = helper.make_node("ReduceMean", ["x"], ["y"], axes=[1])
    path = save(tmp_path / "toy.onnx", [mean], ["batch", "samples"], dtype=dtype, result=dtype)
    raw_BC = kind.open_model(path, contract(), "cpu")(np.ones((2, 8), np.float32))
    assert raw_BC.dtype == np.float32 and raw_BC.tolist() == [[1], [1]]


def test_windows_with_a_channel_axis_of_one(tmp_path, toy):
    nodes = [helper.make_node("Identity", ["x"], ["z"])]
    path = tagger(tmp_path / "toy.onnx", before=nodes, shape=["batch", 1, SAMPLES])
    assert kind.said(path, STATED) == {"window_samples": SAMPLES}
    model = kind.open_model(path, contract(window_samples=SAMPLES), "cpu")
    np.testing.assert_array_equal(model(random(2, SAMPLES)), toy(random(2, SAMPLES)))


@settings(max_examples=30, deadline=None)
@given(st.integers(1, 9), st.integers(KERNEL, 2 * SAMPLES), st.integers(0, 99), st.data())
def test_labels_do_not_depend_on_the_batch_or_its_other_windows(toy, windows, samples, seed, data):
    x_BT = random(windows, samples, seed=seed)
    at = data.draw(st.integers(0, windows - 1))
    p_BC, among_others_BC = toy(x_BT), toy(np.where(np.arange(windows)[:, None] == at, x_BT, 100 * x_BT[::-1]))
    np.testing.assert_array_equal(p_BC[at], among_others_BC[at])
    np.testing.assert_allclose(p_BC[at], toy(x_BT[at : at + 1])[0], atol=1e-5)


def test_labels_do_not_depend_on_threads(toy):
    batches = [random(1 + seed % 5, SAMPLES, seed=seed) for seed in range(40)]
    with ThreadPoolExecutor(4) as pool:
        threaded = list(pool.map(toy, batches))
    assert [p_BC.tobytes() for p_BC in threaded] == [toy(x_BT).tobytes() for x_BT in batches]


def test_a_model_computes_in_the_thread_that_calls_it(tmp_path):
    before = psutil.Process().num_threads()
    models = [kind.open_model(tagger(tmp_path / "toy.onnx"), contract(), "cpu") for _ in range(3)]
    assert len(models) == 3 and psutil.Process().num_threads() == before


def test_a_fixed_batch_of_a_fixed_length(tmp_path, toy):
    path = tagger(tmp_path / "toy.onnx", batch=4, samples=SAMPLES)
    model = kind.open_model(path, contract(window_samples=SAMPLES, batch_windows=4), "auto")
    np.testing.assert_allclose(model(random(4, SAMPLES)), toy(random(4, SAMPLES)), atol=1e-5)


def test_one_of_several_models_and_outputs_is_what_the_contract_states(tmp_path, toy):
    tagger(tmp_path / "a.onnx", outputs=("mean", "y"))
    tagger(tmp_path / "b.onnx", outputs=("mean",))
    stated = {"model": "a.onnx", "output_name": "y"}
    assert kind.said(tmp_path, {**STATED, **stated}) == {"window_samples": None}
    model = kind.open_model(tmp_path, contract(**stated), "cpu")
    np.testing.assert_array_equal(model(random(2, SAMPLES)), toy(random(2, SAMPLES)))


@pytest.mark.skipif(not MN04.is_dir(), reason="no shared/models/mn04_as")
def test_a_published_tagger_of_any_length_hears_the_same_in_any_batch():
    whole = complete(MN04_STATED, kind.said(MN04, MN04_STATED), "here")
    model = kind.open_model(MN04, whole, "cpu")
    assert whole.window_samples is whole.batch_windows is None and model.n_classes == 527
    x_BT = random(4, 16_000) / 10
    p_BC = model(x_BT)
    np.testing.assert_array_equal(p_BC[0], model(np.concatenate([x_BT[:1], x_BT[:0:-1]]))[0])
    np.testing.assert_allclose(p_BC, np.concatenate([model(x_BT[:1]), model(x_BT[1:])]), atol=1e-5)


@pytest.mark.skipif(not (MN04.is_dir() and ESC.is_dir()), reason="no shared/models/mn04_as or shared/audio/esc50")
def test_a_published_tagger_knows_a_bird():
    clip = sorted((ESC / "chirping_birds").glob("1-*"))[0]
    model = kind.open_model(MN04, complete(MN04_STATED, kind.said(MN04, MN04_STATED), "here"), "cpu")
    (p_C,) = model(read_clip(clip, 0.0, None, 32_000)[None])
    with (MN04 / "class_labels_indices.csv").open(encoding="utf-8-sig") as file:
        assert list(csv.DictReader(file))[p_C.argmax()]["mid"] == "/m/015p6"
