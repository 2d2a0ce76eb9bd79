"""A trained network as an ONNX graph, from log-mel spectrograms to probabilities; torch's own exporter writes it."""

import copy
import tempfile
import warnings
from pathlib import Path

import onnx
import torch
from torch import nn

from psl.export.front_end import IR_VERSION, OPSET
from psl.runtime.errors import PslError

MEL, CLIPS, STEPS = "mel_BTF", "p_BC", "p_BTC"
TRACED = (2, 100)  # clips and frames of the batch that the exporter follows through the network


def network_model(network: nn.Module, n_mels: int) -> onnx.ModelProto:
    """From mel_BTF to p_BC and p_BTC, for any number of clips and of frames.

    `network` is one in evaluation mode, as psl.annotators.inference.network.saved_model opens it. Same network, same
    bytes. Raises PslError for a network that torch cannot export.
    """
    with tempfile.TemporaryDirectory(prefix="psl-") as folder, warnings.catch_warnings():
        path = Path(folder, "network.onnx")
        warnings.simplefilter("ignore")  # that this exporter is the old one: the new one needs a package more
        try:
            torch.onnx.export(
                with_plain_convolutions(network),
                (torch.zeros(*TRACED, n_mels),),
                path,
                dynamo=False,
                opset_version=OPSET,
                input_names=[MEL],
                output_names=[CLIPS, STEPS],
                dynamic_axes={MEL: {0: "B", 1: "T"}, CLIPS: {0: "B"}, STEPS: {0: "B", 1: "steps"}},
            )
        except (RuntimeError, torch.onnx.errors.OnnxExporterError) as error:
            reason = " ".join(str(error).split())[:200]
            raise PslError(
                f"torch cannot export the network to ONNX ({reason}): write it with other operations"
            ) from error
        model = onnx.load(path)
    model.ir_version = IR_VERSION
    return model


def with_plain_convolutions(network: nn.Module) -> nn.Module:
    """A copy whose convolutions are torch's own: a class of ours that computes the same by other operations, faster in
    torch, is slower in onnxruntime, and its weights are then not where quantisation looks for them.
    """
    network = copy.deepcopy(network).cpu().to(memory_format=torch.contiguous_format)  # type: ignore[call-overload]
    for module in network.modules():
        if isinstance(module, nn.Conv2d):
            module.__class__ = nn.Conv2d
    return network
