"""Models that psl trained or imported, by folder: that of the model, or of a model of one seed."""

from collections.abc import Mapping
from pathlib import Path
from typing import Any

from psl.annotators.inference.network.build import build_network
from psl.annotators.inference.network.devices import Device
from psl.annotators.inference.network.saved_model import ABOUT, CLASSES, WEIGHTS, SavedModel, load, seed_folders
from psl.config.annotators import TRAINED_ANNOTATOR
from psl.io.features.front_end import require_same_front_end
from psl.runtime.errors import PslError

MADE_HERE = Path(TRAINED_ANNOTATOR).parent  # whose models are there once their stage ran


def files(source: Path, stated: Mapping[str, Any] | None = None) -> list[Path]:
    """Weights, classes and what they were made for. Raises PslError when there is no such model."""
    folder = _folder(source)
    return [folder / name for name in (WEIGHTS, ABOUT, CLASSES)]


def open_annotator(source: Path, front_end_hash: str, device: Device) -> SavedModel:
    """The model, for features of the front end with this hash. Raises PslError for a model of another one."""
    model = load(_folder(source), build_network, device)
    require_same_front_end(model.name, model.input.front_end_hash, front_end_hash)
    return model


def licence(model: SavedModel) -> str:
    """Of the weights, in words: nobody stated it when they were trained."""
    imported = model.about["trained_on"].get("imported")
    return f"that of {imported}" if imported else "that of the recordings it was trained on"


def _folder(source: Path) -> Path:
    """The folder with the model itself."""
    made_here = source.is_relative_to(MADE_HERE)
    by_seed = not (source / ABOUT).is_file() and (made_here or any(source.glob("seed*")))
    folder = _of_seed(source) if by_seed else source
    missing = [name for name in (ABOUT, WEIGHTS, CLASSES) if not (folder / name).is_file()]
    if missing and not made_here:
        raise PslError(
            f"{folder} is no model that psl saved, it holds no {' and no '.join(missing)}: give the folder of one"
        )
    return folder


def _of_seed(source: Path) -> Path:
    """The one folder of a seed in `source`."""
    folders = seed_folders(source)
    first = next(iter(folders.values()))
    if len(folders) != 1:
        raise PslError(f"{source} holds the models of {len(folders)} seeds: name one of them, such as {first}")
    return first
