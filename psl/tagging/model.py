"""Open a model for tagging: one that psl trained, one of others with its contract, or a record of the stage annotator.

What it takes is its own: the features that it was trained with, not those of params.yaml.
"""

import json
import sys
from importlib.util import find_spec
from pathlib import Path
from typing import NamedTuple

import psl
from psl.annotators.inference.annotator import Annotator, FeatureInput
from psl.annotators.inference.network.saved_model import ABOUT
from psl.annotators.inspection import CONTRACT_FILE, inspect
from psl.annotators.kinds import saved
from psl.annotators.opened import Opener
from psl.annotators.published import PUBLISHED_FRONT_END
from psl.annotators.record import ABOUT as RECORD
from psl.config import FrontEndParams
from psl.config.annotators import AnnotatorParams
from psl.config.base import Device
from psl.config.contract import Contract
from psl.io.features.front_end import front_end_hash
from psl.runtime.errors import PslError

KINDS = "a folder with model.json (trained by psl), an .onnx file, config.json (transformers) or annotator.json"


class Model(NamedTuple):
    """An annotator, the log-mel features that it takes (None: samples), and what is said of it."""

    annotator: Annotator
    features: FrontEndParams | None
    contract: Contract
    window_seconds: float | None = None  # that it was trained on,
    hop_seconds: float | None = None  # where it says so

    @property
    def rate_hz(self) -> int:
        """The sample rate of the audio that it takes."""
        return self.contract.sample_rate_hz


def open_model(path: Path, device: Device = "auto") -> Model:
    """The model in a folder, or of an .onnx file.

    Raises PslError for what is no model, and for a trained one of another version of psl.
    """
    if path.is_file() and path.suffix == ".onnx":
        return _open_onnx(path, device)
    if not path.is_dir():
        raise PslError(f"there is no model {path}: give {KINDS}")
    if (path / RECORD).is_file():
        annotator, record, _ = Opener(path, device).with_record()
        return _model(annotator, record.contract)
    if (path / ABOUT).is_file() or any(path.glob("seed*")):
        return _open_saved(path, device)
    if any(path.glob("*.onnx")):
        return _open("onnx", path, device)
    if (path / "config.json").is_file() or (path / CONTRACT_FILE).is_file():
        return _open("hugging_face", path, device)
    raise PslError(f"{path} is no model that psl can open: give {KINDS}")


def _open_onnx(path: Path, device: Device) -> Model:
    model = _open("onnx", path.parent, device)
    if model.contract.model not in (None, path.name):
        raise PslError(
            f"{path.parent / CONTRACT_FILE} is for {model.contract.model}, not for {path.name}: correct its model"
        )
    return model


def _open_saved(path: Path, device: Device) -> Model:
    """A trained model, with the features that model.json names."""
    about_file = saved.files(path)[0].parent / ABOUT
    try:
        about = json.loads(about_file.read_text(encoding="utf-8"))
        features = FrontEndParams.model_validate(about["front_end"])
        known, architecture = about["front_end_hash"] == front_end_hash(features), about["architecture"]["name"]
        window = about["trained_on"].get("labels", {}).get("window", {})
    except (ValueError, KeyError, TypeError, AttributeError) as error:
        reason = " ".join(str(error).split())[:200]
        raise PslError(f"{about_file} is not that of a model as this version of psl writes them ({reason})") from None
    if not known:
        raise PslError(
            f"{about_file} is of another version of psl, whose features differ from those of {psl.__version__}: tag "
            "with the version that trained the model, or train it anew"
        )
    _find_networks(path, architecture)
    model = _open("saved", path, device, features)
    return model._replace(window_seconds=window.get("seconds"), hop_seconds=window.get("hop"))


def _find_networks(path: Path, architecture: str) -> None:
    """Make the networks of models/ importable, which is beside the package in a checkout and installed nowhere."""
    checkout = Path(psl.__file__).parents[1]
    if find_spec("models") is None and (checkout / "models").is_dir():
        sys.path.append(str(checkout))
    if find_spec("models") is None:
        raise PslError(
            f"the network {architecture} of {path} is code of psl's repository, and this psl is installed without it: "
            "run psl from a checkout"
        )


def _open(kind: str, path: Path, device: Device, features: FrontEndParams = PUBLISHED_FRONT_END) -> Model:
    """`features` are those of psl's own networks; models of others have a front end of their own."""
    return _model(*inspect(path.name, AnnotatorParams(kind=kind, source=str(path)), features, device))


def _model(annotator: Annotator, contract: Contract) -> Model:
    """A model of others takes samples, and makes its log-mel itself."""
    takes_features = isinstance(annotator.input, FeatureInput) and contract.log_mel is not None
    return Model(annotator, contract.log_mel.front_end if takes_features and contract.log_mel else None, contract)
