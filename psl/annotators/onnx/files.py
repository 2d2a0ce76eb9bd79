"""The files of an ONNX model: the .onnx itself, and those that it keeps weights in (ONNX's external data).

onnxruntime does not tell the latter, and the package `onnx` is not needed to run a model: the few fields of the format
that lead to tensors are read here, in protobuf's encoding (tests hold them against the package `onnx`).
"""

import mmap
from collections.abc import Iterator, Mapping
from pathlib import Path, PurePosixPath
from typing import Any

from psl.runtime.errors import PslError

SUFFIX = ".onnx"
TENSOR, NAME, DATA_LOCATION, EXTERNAL_DATA, EXTERNAL = "TensorProto", 8, 14, 13, 1
TO_TENSORS = {  # message: its fields that hold tensors, or messages that do
    "ModelProto": {7: "GraphProto", 20: "TrainingInfoProto", 25: "FunctionProto"},
    "TrainingInfoProto": {1: "GraphProto", 2: "GraphProto"},
    "GraphProto": {1: "NodeProto", 5: TENSOR, 15: "SparseTensorProto"},
    "FunctionProto": {7: "NodeProto", 11: "AttributeProto"},
    "NodeProto": {5: "AttributeProto"},
    "AttributeProto": dict.fromkeys((5, 10), TENSOR)
    | dict.fromkeys((6, 11), "GraphProto")
    | dict.fromkeys((22, 23), "SparseTensorProto"),
    "SparseTensorProto": {1: TENSOR, 2: TENSOR},
}
Span = tuple[int, int]  # first byte, and the one after the last


def model_file(source: Path, stated: Mapping[str, Any]) -> Path:
    """The .onnx file that `source` is, or the one in that folder: `model` of the contract, if it is `stated`.

    Raises PslError when there is none, or when there are several and none is stated.
    """
    name = stated.get("model")
    if not source.is_dir():
        return _the_file(source, name)
    if name is not None:
        return _the_file(source / str(name), None)
    found = onnx_files_in(source)
    if len(found) != 1:
        which = f"{', '.join(path.name for path in found)}: state which as `model` in the contract"
        raise PslError(f"the folder {source} holds {which if found else f'no {SUFFIX} file: give the one of a model'}")
    return found[0]


def onnx_files_in(folder: Path) -> list[Path]:
    """The .onnx files that lie in `folder` itself, by name."""
    return sorted(path for path in folder.iterdir() if path.suffix == SUFFIX and path.is_file())


def external_data(path: Path) -> list[Path]:
    """The files in which the model `path` keeps weights, sorted.

    Raises PslError for a file that is not ONNX, and for weights that are missing, too short, or lie outside of the
    model's folder.
    """
    if not path.stat().st_size:
        raise PslError(f"{path} is empty and not an ONNX file: fetch it again")
    with path.open("rb") as file, mmap.mmap(file.fileno(), 0, access=mmap.ACCESS_READ) as content:
        try:
            graphs = [span for number, span in _fields(content, (0, len(content))) if number == 7]
            parts = sorted(_locations(content, (0, len(content)), "ModelProto")) if graphs else None
        except (ValueError, RecursionError):  # UnicodeDecodeError, too
            parts = None
    if parts is None:
        raise PslError(f"{path} is not an ONNX file, or a damaged one: fetch or export it again")
    return [_beside(path, name, needed) for name, needed in dict(parts).items()]  # the most that a tensor needs


def _the_file(path: Path, name: Any) -> Path:
    if not path.is_file() or path.suffix != SUFFIX:
        kind = f"is not a file that ends in {SUFFIX}" if path.exists() else "does not exist"
        raise PslError(f"the ONNX model {path} {kind}: give the {SUFFIX} file, or a folder that holds one")
    if name is not None and name != path.name:
        raise PslError(f"the contract states model: {name}, and the source is the file {path}: correct one of them")
    return path


def _beside(path: Path, name: str, needed: int) -> Path:
    """The file `name` of external data, which belongs to the model `path` and has `needed` bytes or more."""
    if PurePosixPath(name).is_absolute() or ".." in PurePosixPath(name).parts:
        raise PslError(
            f"{path} keeps weights in {name}, outside of its folder: export the model with both in one folder"
        )
    if not (data := path.parent / name).is_file():
        raise PslError(
            f"{path} keeps weights in {data}, which does not exist: copy it to there, from where {path} is from"
        )
    if (there := data.stat().st_size) < needed:
        raise PslError(f"{path} keeps {needed} bytes of weights in {data}, which has only {there}: copy it again")
    return data


def _locations(content: mmap.mmap, span: Span, message: str) -> Iterator[tuple[str, int]]:
    """The external file of each tensor in this message, and the byte in it behind the tensor."""
    if message == TENSOR:
        yield from _locations_of_tensor(content, span)
        return
    for number, value in _fields(content, span):
        inner = TO_TENSORS[message].get(number)
        if inner and isinstance(value, tuple):
            yield from _locations(content, value, inner)


def _locations_of_tensor(content: mmap.mmap, span: Span) -> Iterator[tuple[str, int]]:
    fields = list(_fields(content, span))
    if (DATA_LOCATION, EXTERNAL) not in fields:
        return
    said: dict[str, str] = {}
    for entry in (value for number, value in fields if number == EXTERNAL_DATA and isinstance(value, tuple)):
        pair = {number: content[slice(*at)].decode() for number, at in _fields(content, entry) if isinstance(at, tuple)}
        said[pair.get(1, "")] = pair.get(2, "")
    if "location" in said:
        yield said["location"], int(said.get("offset", 0)) + int(said.get("length", 0))


def _fields(content: mmap.mmap, span: Span) -> Iterator[tuple[int, int | Span]]:
    """The fields of a message: number, and a varint's value or the span of anything else. ValueError for nonsense."""
    at, end = span
    while at < end:
        key, at = _varint(content, at)
        number, wire_type = key >> 3, key & 7
        if wire_type == 0:
            value, at = _varint(content, at)
            yield number, value
            continue
        if wire_type == 2:
            size, at = _varint(content, at)
        elif (size := {1: 8, 5: 4}.get(wire_type, 0)) == 0:
            raise ValueError(f"no field has the type {wire_type}")
        if at + size > end:
            raise ValueError("a field ends behind its message")
        yield number, (at, at + size)
        at += size


def _varint(content: mmap.mmap, at: int) -> tuple[int, int]:
    """The number that begins at byte `at`, and the byte behind it."""
    value = shift = 0
    while shift < 70 and at < len(content):
        byte = content[at]
        value |= (byte & 127) << shift
        at, shift = at + 1, shift + 7
        if byte < 128:
            return value, at
    raise ValueError("a number does not end")
