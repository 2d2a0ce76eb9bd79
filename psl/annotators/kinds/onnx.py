"""Annotators in ONNX files, by onnxruntime: a waveform or a log-mel spectrogram in, a number for each class out.

The file says how long its windows and how large its batches are where it fixes them; the rest is the contract's.
"""

from collections.abc import Mapping
from pathlib import Path
from typing import Any

from psl.annotators.model import Asked
from psl.annotators.onnx.files import external_data, model_file, onnx_files_in
from psl.annotators.onnx.model import OnnxModel
from psl.annotators.onnx.ports import axes_of, check_input, choose_input, choose_ports, several_outputs
from psl.annotators.onnx.session import open_session
from psl.config.base import Device
from psl.config.contract import Contract

LIBRARIES = ("onnxruntime",)


def said(source: Path, stated: Mapping[str, Any]) -> dict[str, Any]:
    """The fields of Contract that the file fixes: `batch_windows`, and `window_samples` of a waveform.

    A length that the file leaves free is any length (null), unless a length is `stated`. Of a file with several outputs
    `output_name` is asked for, unless it is `stated`. Raises PslError for a file that onnxruntime cannot open.
    """
    path = model_file(source, stated)
    session = open_session(path, "cpu")
    entry, outputs = choose_input(path, session), several_outputs(session)
    sizes = dict(zip(axes_of(stated, entry.shape), entry.shape, strict=False))
    fields: dict[str, Any] = {}
    if outputs and "output_name" not in stated:
        fields["output_name"] = Asked(f"one of {outputs}")
    if isinstance(sizes.get("B"), int):
        fields["batch_windows"] = sizes["B"]
    if isinstance(sizes.get("T"), int) and "F" not in sizes:
        fields["window_samples"] = sizes["T"]
    if "T" in sizes and not isinstance(sizes["T"], int) and "window_samples" not in stated:
        fields["window_samples"] = None
    return fields


def files(source: Path, stated: Mapping[str, Any] | None = None) -> list[Path]:
    """The .onnx file, and those that it keeps weights in; their bytes decide the labels.

    A folder of several models is all of them, unless `stated` has `model`. Raises PslError for a file that is not ONNX,
    and for weights that are missing.
    """
    stated = stated or {}
    all_of_them = onnx_files_in(source) if source.is_dir() and stated.get("model") is None else []
    models = all_of_them or [model_file(source, stated)]
    return sorted({each for path in models for each in (path, *external_data(path))})


def class_list(source: Path) -> None:
    """None: ONNX has no place for the names of classes, so the contract states a list."""


def open_model(source: Path, contract: Contract, device: Device) -> OnnxModel:
    """The model on its device; open it in the process that calls it. psl.annotators.probe tries it on real windows.

    Raises PslError when onnxruntime is not installed or cannot open the file, and when the file does not fit the
    contract.
    """
    stated = contract.model_dump()
    path = model_file(source, stated)
    session = open_session(path, device)
    entry, exit_ = choose_ports(path, session, contract.output_name)
    return OnnxModel(path, session, entry, exit_, axes=check_input(path, entry, contract))
