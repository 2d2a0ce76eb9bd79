"""A tagger as one ONNX model: the front end and a network, from waveforms to probabilities of clips and of steps."""

from collections.abc import Mapping

import onnx

from psl.config import FrontEndParams
from psl.export.front_end import front_end_model
from psl.export.network import MEL


def tagger_model(
    front_end: FrontEndParams, network: onnx.ModelProto, metadata: Mapping[str, str] | None = None
) -> onnx.ModelProto:
    """x_BT to the outputs of `network`, which takes mel_BTF; names do not clash, as torch's have a dot or a slash.

    `metadata` is what the file says of the model beside its graph.
    """
    joined = onnx.compose.merge_models(front_end_model(front_end), network, io_map=[("mel_BSF", MEL)])
    joined.graph.name, joined.producer_name, joined.producer_version = "tagger", "psl", ""
    onnx.helper.set_model_props(joined, dict(metadata or {}))
    onnx.checker.check_model(joined, full_check=True)
    return joined
