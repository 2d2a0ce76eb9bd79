"""Faults of ONNX annotators: one sentence that names both sides and what to do, and nothing else on the terminal."""

import sys
from types import SimpleNamespace

import numpy as np
import onnxruntime
import pytest
from onnx import TensorProto, helper
from onnx_models import (
    CHANNELS,
    KERNEL,
    N_CLASSES,
    STATED,
    contract,
    floor_over_the_batch,
    mel_fields,
    mel_tagger,
    random,
    save,
    tagger,
)

from psl.annotators.foreign import ForeignAnnotator
from psl.annotators.inspection import probe_foreign
from psl.annotators.kinds import onnx as kind
from psl.annotators.onnx.session import cause
from psl.io.metadata.vocabulary import Vocabulary
from psl.runtime.errors import PslError

SAMPLES = 800
CLASSES = Vocabulary(("a", "b", "c"), ("a", "b", "c"))


def annotator(path, **fields):
    whole = contract(**fields)
    return ForeignAnnotator(whole, CLASSES, kind.open_model(path, whole, "cpu"), "hash")


def mean_over(axis, path, **saved):
    """A model that averages over an axis, for faults that have nothing to do with its numbers."""
    node = helper.make_node("ReduceMean", ["x"], ["y"], axes=[axis], keepdims=1)
    return save(path, [node], ["batch", "samples"], **saved)


@pytest.mark.parametrize(
    ("node", "named"),
    [
        (helper.make_node("FancyOp", ["x"], ["y"]), "FancyOp"),
        (helper.make_node("FancyOp", ["x"], ["y"], domain="acme"), r"acme[:.]FancyOp"),
        (helper.make_node("FancyOp", ["x"], ["y"], domain="unknown"), "FancyOp"),
    ],
)
def test_an_unknown_operator_is_named(tmp_path, capfd, node, named):
    path = save(tmp_path / "toy.onnx", [node], ["batch", "samples"])
    with pytest.raises(
        PslError, match=rf"toy\.onnx uses the operator {named}, which onnxruntime [\d.]+ does not have: exp"
    ):
        kind.said(path, STATED)
    assert capfd.readouterr() == ("", "")


@pytest.mark.parametrize(
    ("newer", "message"),
    [
        ({"opset": 99}, r"needs operators of opset 99, and onnxruntime [\d.]+ knows it up to \d\d: update"),
        ({"ir_version": 99}, r"needs ONNX's file format 99, and onnxruntime [\d.]+ knows it up to \d\d: update"),
    ],
)
def test_a_model_newer_than_the_runtime_is_told_both_versions(tmp_path, newer, message):
    with pytest.raises(PslError, match=message):
        kind.said(mean_over(1, tmp_path / "toy.onnx", **newer), STATED)


def test_without_onnxruntime_the_extra_is_named(tmp_path, monkeypatch):
    monkeypatch.setitem(sys.modules, "onnxruntime", None)
    with pytest.raises(PslError, match=r"onnxruntime, which is not installed: `pip install -e '\.\[onnx\]'`"):
        kind.said(tagger(tmp_path / "toy.onnx"), STATED)


@pytest.mark.skipif("CUDAExecutionProvider" in onnxruntime.get_available_providers(), reason="has CUDA")
def test_cuda_without_cuda_is_told_what_there_is(tmp_path):
    with pytest.raises(
        PslError, match=r"cuda needs an onnxruntime with CUDA.*has .*CPUExecutionProvider: use device: auto"
    ):
        kind.open_model(tagger(tmp_path / "toy.onnx"), contract(), "cuda")


@pytest.mark.parametrize(
    ("shape", "fields", "message"),
    [
        (
            {},
            mel_fields(),
            r"takes x \[batch, samples\], .* a log_mel \[windows, length, 16\]: correct input or log_mel\.axes",
        ),
        (
            {"shape": [1, 1, 8, 8]},
            {},
            r"takes x \[1, 1, 8, 8\], .* a waveform \[windows, length\]: correct input or log_mel",
        ),
        ({"shape": [1, 64, 8]}, {}, r"takes x \[1, 64, 8\], .* a waveform .*: correct input or log_mel\.axes$"),
        ({"samples": 800}, {"window_samples": 900}, r"x \[batch, 800\], .* \[windows, 900\]: correct window_samples$"),
        ({"samples": 800}, {}, r"x \[batch, 800\], .* \[windows, length\]: correct window_samples$"),
        ({"batch": 2}, {"batch_windows": 3}, r"x \[2, samples\], .* \[3, length\]: correct batch_windows$"),
        ({"dtype": TensorProto.INT32}, {}, r"has x as tensor\(int32\), and psl gives .* floating-point numbers"),
        (
            {"outputs": ("mean", "y")},
            {},
            r"outputs mean \[.*\], y \[.*\], and the contract does not state output_name: state",
        ),
        ({}, {"output_name": "z"}, r"has the outputs y \[.*\], and not z: state as output_name"),
    ],
)
def test_a_model_that_does_not_fit_its_contract_is_told_both(tmp_path, shape, fields, message):
    with pytest.raises(PslError, match=message):
        kind.open_model(tagger(tmp_path / "toy.onnx", **shape), contract(**fields), "cpu")


@pytest.mark.parametrize(
    ("sizes", "message"),
    [
        ({"frames": 10}, r"\[batch, 10, 16\], .* \[windows, 11, 16\]: correct window_samples$"),
        ({"n_mels": 64}, r"\[batch, frames, 64\], .* \[windows, 11, 16\]: correct log_mel\.front_end\.n_mels$"),
        ({"axes": "BFT"}, r"\[batch, 16, frames\], .* \[windows, 11, 16\]: correct window_samples$"),
    ],
)
def test_another_spectrogram_is_told_both_shapes(tmp_path, sizes, message):
    path = mel_tagger(tmp_path / "mel.onnx", **sizes)
    with pytest.raises(PslError, match=message):
        kind.open_model(path, contract(window_samples=SAMPLES, **mel_fields()), "cpu")


def test_several_inputs_are_listed(tmp_path):
    path = tmp_path / "toy.onnx"
    x, rate = (helper.make_tensor_value_info(name, TensorProto.FLOAT, [2]) for name in ("x", "rate"))
    graph = helper.make_graph([helper.make_node("Add", ["x", "rate"], ["y"])], "toy", [x, rate], [x])
    graph.output[0].name = "y"
    path.write_bytes(helper.make_model(graph, ir_version=8).SerializeToString())
    with pytest.raises(
        PslError, match=r"has 2 inputs \(x \[2\], rate \[2\]\), and an annotator is given windows alone"
    ):
        kind.said(path, STATED)


@pytest.mark.parametrize(
    ("rows", "samples", "message"),
    [
        (1, "samples", r"gives y as \[1, 3\] for a batch of 2 windows of \[800\] and is right with batches of 1"),
        (1, SAMPLES, r"fails on a batch of 2 windows of \[800\] \(.*reshape.*\) and is right with batches of 1"),
        (4, "samples", r"gives y as \[4, 3\] for a batch of 2 windows of \[800\] and is right with batches of 4"),
        (4, SAMPLES, r"fails on a batch of 2 windows of \[800\] \(.*reshape.*\) and is right with batches of 4"),
    ],
)
def test_a_batch_size_that_the_file_hides_is_found(tmp_path, rows, samples, message):
    path = tagger(tmp_path / "toy.onnx", rows=rows, samples=samples)
    length = None if samples == "samples" else samples
    model = kind.open_model(path, contract(window_samples=length), "cpu")
    with pytest.raises(PslError, match=rf"{message}, so its batch size is fixed: state batch_windows: {rows} in its"):
        model(random(2, SAMPLES))
    model = kind.open_model(path, contract(window_samples=length, batch_windows=rows), "cpu")
    assert model(random(rows, SAMPLES)).shape == (rows, N_CLASSES)


def test_labels_that_depend_on_the_others_of_a_batch_are_found(tmp_path):
    path = floor_over_the_batch(tmp_path / "toy.onnx")
    x_BT = random(3, SAMPLES) * np.float32([[1], [0.01], [0.1]])
    with pytest.raises(PslError, match=r"toy gives one window .* alone and among others.*, or state batch_windows: 1$"):
        probe_foreign(annotator(path), x_BT)
    probe_foreign(annotator(path, batch_windows=1), x_BT)


@pytest.mark.parametrize("windows", [1, 3])
def test_a_window_that_is_too_short_is_told_so(tmp_path, capfd, windows):
    model = kind.open_model(tagger(tmp_path / "toy.onnx"), contract(), "cpu")
    with pytest.raises(
        PslError, match=r"windows of \[63\] .* not on windows 16 times as long, .*: state window_samples"
    ):
        model(random(windows, KERNEL - 1))
    assert model(random(windows, KERNEL)).shape == (windows, N_CLASSES) and capfd.readouterr() == ("", "")


def test_an_output_of_another_width_is_told_beside_the_others(tmp_path):
    path = tagger(tmp_path / "toy.onnx", outputs=("mean", "y"))
    message = (
        rf"toy gives as its output mean {CHANNELS} numbers for a window, and its class list \(classes: classes.csv\) "
        r"has 3 classes: state another output as output_name \(y .*\), or give the list"
    )
    with pytest.raises(PslError, match=message):
        probe_foreign(annotator(path, output_name="mean"), random(3, SAMPLES))


def test_an_output_for_each_frame_is_told_its_shape(tmp_path):
    path = save(
        tmp_path / "toy.onnx",
        [helper.make_node("Unsqueeze", ["x", "axis"], ["y"])],
        ["batch", "samples"],
        weights={"axis": np.array([1])},
    )
    model = kind.open_model(path, contract(window_samples=SAMPLES), "cpu")
    with pytest.raises(
        PslError, match=r"gives y as \[2, 1, 800\] for a batch of 2 .* a number for each window and class"
    ):
        model(random(2, SAMPLES))


def test_no_memory_is_not_taken_for_a_fixed_batch(tmp_path):
    model = kind.open_model(tagger(tmp_path / "toy.onnx"), contract(), "cpu")

    def run(names, feeds):
        if len(feeds["x"]) > 1:
            raise RuntimeError("[ONNXRuntimeError] : 6 : RUNTIME_EXCEPTION : Failed to allocate memory for a buffer")
        return [np.zeros((1, N_CLASSES))]

    object.__setattr__(model, "session", SimpleNamespace(run=run))
    with pytest.raises(
        PslError, match=r"\(Failed to allocate memory .*\): give it smaller batches or shorter windows$"
    ):
        model(random(2, SAMPLES))


@pytest.mark.parametrize(
    ("message", "told"),
    [
        (
            "[ONNXRuntimeError] : 1 : FAIL : Deserialize tensor kernel failed.tensorprotoutils.cc:2201 "
            "GetExtDataFromTensorProto External initializer: kernel is out of bounds.",
            "Deserialize tensor kernel failed. External initializer: kernel is out of bounds",
        ),
        (
            "[ONNXRuntimeError] : 1 : FAIL : Load model from /a b/m.onnx failed:/onnxruntime_src/core/graph/m.cc:256 "
            "onnxruntime::Model::Model(onnx::ModelProto&&, const Path&, bool) Unsupported thing: 9\n",
            "Unsupported thing: 9",
        ),
    ],
)
def test_what_onnxruntime_says_is_told_without_its_own_places(message, told):
    assert cause(message) == told
