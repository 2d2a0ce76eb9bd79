"""Open a network that psl trained, for tagging: it needs torch, and the code of the network in models/."""

import json
import sys
from importlib.util import find_spec
from pathlib import Path

from pydantic import ValidationError

import psl
from psl.annotators.inference.network.saved_model import ABOUT
from psl.annotators.inspection import inspect
from psl.annotators.kinds import saved
from psl.config import FrontEndParams
from psl.config.annotators import AnnotatorParams
from psl.config.base import Device
from psl.config.faults import in_words
from psl.export.trained_window import trained_window
from psl.io.features.front_end import front_end_hash
from psl.runtime.errors import PslError
from psl.tagging.model import Model, model_of


def open_trained(path: Path, device: Device) -> Model:
    """A trained model, with the features that model.json names.

    Raises PslError for one of another version of psl, and where the code of its network is not there.
    """
    about_file = saved.files(path)[0].parent / ABOUT
    try:
        about = json.loads(about_file.read_text(encoding="utf-8"))
        features = FrontEndParams.model_validate(about["front_end"])
        known, architecture = about["front_end_hash"] == front_end_hash(features), about["architecture"]["name"]
        window = trained_window(about["trained_on"])
    except (ValueError, KeyError, TypeError, AttributeError) as error:
        raise PslError(
            f"{about_file} is not that of a model as this version of psl writes them ({_reason(error)}): copy the "
            "folder anew from where it was trained, or train it with this version"
        ) from None
    if not known:
        raise PslError(
            f"{about_file} is of another version of psl, whose features differ from those of {psl.__version__}: tag "
            "with the version that trained the model, or train it anew"
        )
    _find_networks(path, architecture)
    params = AnnotatorParams(kind="saved", source=str(path))
    model = model_of(*inspect(path.name, params, features, device))
    return model._replace(window_seconds=window.seconds, hop_seconds=window.hop) if window else model


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


def _reason(error: Exception) -> str:
    """What is wrong with the file, in some words."""
    if isinstance(error, ValidationError):
        return in_words(error, FrontEndParams)
    if isinstance(error, KeyError):
        return f"{error} is missing"
    return " ".join(str(error).split())[:200]
