"""Open a model for tagging: one that psl trained, one of others with its contract, or a record of the stage annotator.

What it takes is its own: the features that it was trained with, not those of params.yaml.
"""

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import NamedTuple

from psl.annotators.contract import CONTRACT_FILE
from psl.annotators.foreign import ForeignAnnotator
from psl.annotators.inference.annotator import Annotator, FeatureInput
from psl.annotators.inspection import inspect_foreign
from psl.annotators.onnx.model import OnnxModel
from psl.annotators.record import ABOUT as RECORD
from psl.config import FrontEndParams
from psl.config.annotators import AnnotatorParams
from psl.config.base import Device
from psl.config.contract import Contract
from psl.export.thresholds import THRESHOLDS
from psl.runtime.errors import PslError
from psl.runtime.extras import install

DEFAULT_THRESHOLD = "0.5"  # of a model that comes without
KINDS = "a folder with model.json (trained by psl), an .onnx file, config.json (transformers) or annotator.json"
SAVED = "model.json"  # of networks that psl trained: psl.annotators.inference.network.saved_model, which takes torch


class Model(NamedTuple):
    """An annotator, the log-mel features that it takes (None: samples), and what is said of it."""

    annotator: Annotator
    features: FrontEndParams | None
    contract: Contract
    window_seconds: float | None = None  # that it was trained on,
    hop_seconds: float | None = None  # where it says so
    thresholds: Path | None = None  # a table of them that came with it

    @property
    def rate_hz(self) -> int:
        """The sample rate of the audio that it takes."""
        return self.contract.sample_rate_hz

    @property
    def threshold(self) -> str:
        """What psl.tagging.thresholds.read_thresholds takes where no other threshold is given."""
        return DEFAULT_THRESHOLD if self.thresholds is None else str(self.thresholds)


def open_model(path: Path, device: Device = "auto") -> Model:
    """The model in a folder, or of an .onnx file, with the thresholds that lie beside it.

    Raises PslError for what is no model, and for a trained one of another version of psl.
    """
    model, beside = _open(path, device), (path if path.is_dir() else path.parent) / THRESHOLDS
    return model._replace(thresholds=beside) if beside.is_file() else model


def _open(path: Path, device: Device) -> Model:
    if path.is_file() and path.suffix == ".onnx":
        return _open_onnx(path, device)
    if not path.is_dir():
        raise PslError(f"there is no model {path}: the model stands first, before the recordings, as {KINDS}")
    if (path / RECORD).is_file():
        return _open_recorded(path, device)
    if (path / SAVED).is_file() or any(path.glob("seed*")):
        return _open_trained(path, device)
    if any(path.glob("*.onnx")):
        return _with_windows(_open_foreign("onnx", path, device))
    if (path / "config.json").is_file() or (path / CONTRACT_FILE).is_file():
        return _open_foreign("hugging_face", path, device)
    raise PslError(f"{path} is no model that psl can open: give {KINDS}")


def _open_onnx(path: Path, device: Device) -> Model:
    model = _with_windows(_open_foreign("onnx", path.parent, device))
    if model.contract.model not in (None, path.name):
        raise PslError(
            f"{path.parent / CONTRACT_FILE} is for {model.contract.model}, not for {path.name}: correct its model"
        )
    return model


def _with_windows(model: Model) -> Model:
    """With the windows that an ONNX file of psl.export names."""
    if not (isinstance(model.annotator, ForeignAnnotator) and isinstance(model.annotator.model, OnnxModel)):
        return model
    said = model.annotator.model.session.get_modelmeta().custom_metadata_map
    try:
        window_seconds, hop_seconds = float(said["window_seconds"]), float(said["hop_seconds"])
    except (KeyError, ValueError):  # of another program
        return model
    return model._replace(window_seconds=window_seconds, hop_seconds=hop_seconds)


def _open_trained(path: Path, device: Device) -> Model:
    with _needs_torch(path):
        from psl.tagging.trained import open_trained
    return open_trained(path, device)


def _open_recorded(path: Path, device: Device) -> Model:
    """What the stage annotator recorded in the folder, in the classes of the corpus."""
    with _needs_torch(path):
        from psl.annotators.opened import Opener
    annotator, record, _ = Opener(path, device).with_record()
    return model_of(annotator, record.contract)


@contextmanager
def _needs_torch(path: Path) -> Iterator[None]:
    """Import torch only where it is needed: it takes seconds, and tagging with exported models goes without."""
    try:
        yield
    except ModuleNotFoundError as error:
        raise PslError(
            f"{path} needs the package {error.name}, which is not installed: {install('pipeline')}, or tag with an "
            "exported model, which needs no more than there is (docs/export.md)"
        ) from None


def _open_foreign(kind: str, path: Path, device: Device) -> Model:
    return model_of(*inspect_foreign(path.name, AnnotatorParams(kind=kind, source=str(path)), device))


def model_of(annotator: Annotator, contract: Contract) -> Model:
    """A model of others takes samples, and makes its log-mel itself."""
    takes_features = isinstance(annotator.input, FeatureInput) and contract.log_mel is not None
    return Model(annotator, contract.log_mel.front_end if takes_features and contract.log_mel else None, contract)
