"""The published tagger as the commands take it: a folder with the model and its contract."""

import json
from pathlib import Path

from benchmarks.subjects.annotators import MN04, MN04_STATED
from psl.runtime.errors import PslError


def tagger_folder(folder: Path) -> Path:
    """`folder`, with links to the model's files beside annotator.yaml. Raises PslError where there is no model."""
    if not MN04.is_dir():
        raise PslError(f"there is no {MN04}, which holds EfficientAT's mn04_as as ONNX")
    folder.mkdir()
    for path in MN04.iterdir():
        (folder / path.name).symlink_to(path.resolve())
    (folder / "annotator.yaml").write_text(json.dumps(MN04_STATED))  # which is YAML, too
    return folder
