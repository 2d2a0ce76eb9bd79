"""A model as others get it: model.onnx with its classes and its contract, a folder that is an annotator itself."""

from pathlib import Path
from typing import Any

import onnx
from ruamel.yaml import YAML

from psl.annotators.contract import complete
from psl.annotators.inference.annotator import Annotator
from psl.annotators.kinds.onnx import said
from psl.annotators.open_foreign import open_foreign
from psl.config.yaml_read import load_yaml
from psl.export.network import CLIPS
from psl.io.metadata.vocabulary import Vocabulary

MODEL, CLASSES = "model.onnx", "classes.csv"
CONTRACT_FILE = "annotator.yaml"  # that psl.annotators.inspection reads


def write_folder(
    folder: Path, model: onnx.ModelProto, vocabulary: Vocabulary, *, name: str, licence: str, sample_rate_hz: int
) -> None:
    """Write the three files; `name` and `licence` are those of the contract."""
    folder.mkdir(exist_ok=True)
    onnx.save(model, folder / MODEL)
    vocabulary.write(folder / CLASSES)
    fields = {
        "name": name,
        "licence": licence,
        "input": "waveform",
        "sample_rate_hz": sample_rate_hz,
        "normalisation": "none",
        "output": "sigmoid",
        "output_name": CLIPS,
        "classes": CLASSES,
    }
    write_yaml(folder / CONTRACT_FILE, fields)


def write_yaml(path: Path, fields: dict[str, Any]) -> None:
    """Write `fields` in their order."""
    yaml = YAML()
    yaml.width = 4096
    with path.open("w", encoding="utf-8") as file:
        yaml.dump(fields, file)


def open_folder(folder: Path) -> Annotator:
    """The model as any other annotator of the kind onnx, on the CPU."""
    stated = load_yaml(folder / CONTRACT_FILE, YAML(typ="safe"))
    contract = complete(stated, said(folder, stated), str(folder / CONTRACT_FILE))
    return open_foreign("onnx", folder, contract, "cpu")
