"""Small ONNX models, made where a test needs them, and the contracts that belong to them."""

import numpy as np
import onnx
from onnx import TensorProto, helper, numpy_helper

from psl.config.contract import Contract

KERNEL, CHANNELS, N_CLASSES, RATE_HZ, N_MELS = 64, 4, 3, 8_000, 16
STATED = {
    "name": "toy",
    "licence": "MIT",
    "input": "waveform",
    "sample_rate_hz": RATE_HZ,
    "normalisation": "none",
    "output": "sigmoid",
    "classes": "classes.csv",
}
FRONT_END = {
    "sample_rate_hz": RATE_HZ,
    "n_fft": 256,
    "win_length_samples": 256,
    "hop_length_samples": 80,
    "n_mels": N_MELS,
    "f_min_hz": 0.0,
    "f_max_hz": 4000.0,
    "dynamic_range_db": 80.0,
}


def contract(*, window_samples=None, **fields):
    """A whole contract: of any length, or of `window_samples`."""
    fitted = {} if window_samples is None else {"shorter_windows": "repeat", "longer_windows": "mean"}
    return Contract.model_validate({**STATED, "window_samples": window_samples, **fitted, **fields})


def mel_fields(axes="BTF"):
    """The fields of a contract whose model takes log-mel spectrograms with these axes."""
    return {"input": "log_mel", "log_mel": {"front_end": FRONT_END, "axes": axes}}


def random(*shape, seed=0):
    return np.random.default_rng(seed).standard_normal(shape, np.float32)


def save(
    path,
    nodes,
    shape,
    *,
    weights=(),
    outputs=("y",),
    dtype=TensorProto.FLOAT,
    result=TensorProto.FLOAT,
    opset=17,
    ir_version=8,
    **external,
):
    """The model of these nodes with the input x, which gives numbers of N_CLASSES; `external` as of onnx.save."""
    results = [helper.make_tensor_value_info(name, result, None) for name in outputs]
    entry = helper.make_tensor_value_info("x", dtype, shape)
    tensors = [numpy_helper.from_array(value, name) for name, value in dict(weights).items()]
    graph = helper.make_graph(nodes, "toy", [entry], results, tensors)
    opsets = [helper.make_opsetid("", opset), helper.make_opsetid("acme", 1)]
    onnx.save(helper.make_model(graph, opset_imports=opsets, ir_version=ir_version), path, **external)
    return path


def tagger(path, *, batch="batch", samples="samples", rows=0, kernel=KERNEL, before=(), **saved):
    """Of a waveform: strided convolution, mean over time, sigmoid.

    `rows` is how many windows it works on, however many it is given (0: on those); `before` are nodes that make z of x.
    """
    weights = {
        "shape": np.array([rows, 1, samples if rows and samples != "samples" else -1]),
        "kernel": random(CHANNELS, 1, kernel),
        "head": random(CHANNELS, N_CLASSES, seed=1),
    }
    before = before or [helper.make_node("Cast", ["x"], ["z"], to=TensorProto.FLOAT)]
    nodes = [
        *before,
        helper.make_node("Reshape", ["z", "shape"], ["channel"]),
        helper.make_node("Conv", ["channel", "kernel"], ["bands"], strides=[kernel // 2]),
        helper.make_node("Abs", ["bands"], ["size"]),
        helper.make_node("ReduceMean", ["size"], ["mean"], axes=[2], keepdims=0),
        helper.make_node("MatMul", ["mean", "head"], ["logits"]),
        helper.make_node("Sigmoid", ["logits"], ["y"]),
    ]
    return save(path, nodes, saved.pop("shape", [batch, samples]), weights=weights, **saved)


def floor_over_the_batch(path):
    """A tagger that cuts off what is quieter than a tenth of the loudest sample of the whole batch."""
    nodes = [
        helper.make_node("ReduceMax", ["x"], ["loudest"], keepdims=0),
        helper.make_node("Constant", [], ["tenth"], value_float=0.1),
        helper.make_node("Mul", ["loudest", "tenth"], ["floor"]),
        helper.make_node("Max", ["x", "floor"], ["z"]),
    ]
    return tagger(path, before=nodes)


def mel_tagger(path, axes="BTF", *, frames="frames", n_mels=N_MELS, batch="batch"):
    """Of a log-mel spectrogram: the mean over time, and a linear layer."""
    sizes = {"B": batch, "T": frames, "F": n_mels, "1": 1}
    gone = [number for number, axis in enumerate(axes) if axis in "T1"]
    nodes = [
        helper.make_node("ReduceMean", ["x"], ["mean"], axes=gone, keepdims=0),
        helper.make_node("MatMul", ["mean", "head"], ["y"]),
    ]
    return save(path, nodes, [sizes[axis] for axis in axes], weights={"head": random(n_mels, N_CLASSES)})
