"""Smaller variants of an exported network: weights stored in float16, and integers of eight bits throughout."""

import logging
import tempfile
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt
import onnx
from onnx import numpy_helper, shape_inference
from onnxruntime.quantization import QuantFormat, QuantType, quantize_static

from psl.export.network import MEL

LARGE = 256  # numbers: smaller weights are not worth a node more
QUANTISED = ["Add", "Clip", "Conv", "Gemm", "MatMul", "Relu"]  # where networks spend their time


def float16_weights(network: onnx.ModelProto) -> onnx.ModelProto:
    """A copy of half the size. It computes in float32, into which a session turns the weights when it opens: on CPUs
    onnxruntime computes little in float16.
    """
    smaller = onnx.ModelProto()
    smaller.CopyFrom(network)
    for number, weight in enumerate(smaller.graph.initializer):
        if weight.data_type == onnx.TensorProto.FLOAT and np.prod(weight.dims) >= LARGE:
            values, name = numpy_helper.to_array(weight), weight.name
            weight.CopyFrom(numpy_helper.from_array(values.astype(np.float16), f"{name}.float16"))
            cast = onnx.helper.make_node("Cast", [weight.name], [name], f"{name}.cast", to=onnx.TensorProto.FLOAT)
            smaller.graph.node.insert(number, cast)
    return smaller


def int8(network: onnx.ModelProto, mels: Iterable[npt.NDArray[np.float32]]) -> onnx.ModelProto:
    """A copy whose weights and values are integers of eight bits; the ranges of values are those in the clips `mels`,
    mel_TF each.
    """
    with tempfile.TemporaryDirectory(prefix="psl-") as folder, _quiet():
        before, after = Path(folder, "float32.onnx"), Path(folder, "int8.onnx")
        onnx.save(shape_inference.infer_shapes(network), before)
        quantize_static(
            before,
            after,
            Clips(mels),
            quant_format=QuantFormat.QDQ,
            op_types_to_quantize=QUANTISED,
            per_channel=True,
            activation_type=QuantType.QUInt8,
            weight_type=QuantType.QInt8,
        )
        return _without_unused(onnx.load(after))


def _without_unused(model: onnx.ModelProto) -> onnx.ModelProto:
    """Without constants that quantisation left behind, of which onnxruntime warns whoever opens the file."""
    graph = model.graph
    used = {name for node in graph.node for name in node.input}
    nodes = [node for node in graph.node if node.op_type != "Constant" or node.output[0] in used]
    weights = [weight for weight in graph.initializer if weight.name in used]
    for field, kept in ((graph.node, nodes), (graph.initializer, weights)):
        copies = [type(item).FromString(item.SerializeToString()) for item in kept]
        del field[:]
        field.extend(copies)
    return model


class Clips:
    """What onnxruntime's quantisation reads clips from."""

    def __init__(self, mels: Iterable[npt.NDArray[np.float32]]) -> None:
        self._mels = iter(mels)

    def get_next(self) -> dict[str, Any] | None:
        """The next clip as a batch of its own, by the name of the network's input; None at the end."""
        mel_TF = next(self._mels, None)
        return None if mel_TF is None else {MEL: mel_TF[None]}


@contextmanager
def _quiet() -> Iterator[None]:
    """Without the warning to pre-process a network, which torch's exporter and psl have done."""
    before = logging.root.manager.disable
    logging.disable(logging.WARNING)
    try:
        yield
    finally:
        logging.disable(before)
