"""Export a trained network: the model, the smaller variants that are nearly as good, and what was measured of them."""

import shutil
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np
import numpy.typing as npt
import onnx

from psl.annotators.inference.annotator import Annotator
from psl.annotators.inference.network.saved_model import SavedModel
from psl.annotators.onnx.session import open_session
from psl.config import FrontEndParams
from psl.export.folder import MODEL, open_folder, write_folder
from psl.export.network import STEPS, network_model
from psl.export.parity import Parity, require_parity
from psl.export.tagger import tagger_model
from psl.export.trained_window import trained_window
from psl.export.variants import float16_weights, int8

FLOAT32 = "float32"
MOST_LOST = 0.005  # of mAP, by a variant that is kept
Floats = npt.NDArray[np.float32]


class Variant(NamedTuple):
    """A model.onnx and how good it is."""

    name: str  # FLOAT32, or that of its folder
    n_bytes: int
    mean_average_precision: float
    kept: bool

    def folder(self, of_model: Path) -> Path:
        """Where it lies in the folder of the exported model."""
        return of_model if self.name == FLOAT32 else of_model / self.name


class Exported(NamedTuple):
    """What was measured of an exported model."""

    parity: Parity
    variants: list[Variant]  # float32 first
    step_seconds: float  # from one step to the next


def export(
    folder: Path,
    model: SavedModel,
    *,
    name: str,
    licence: str,
    clips: Sequence[Floats],
    training_mels: Sequence[Floats],
    score: Callable[[Annotator], float],
) -> Exported:
    """Write the model into `folder`, and its variants into folders there where they lose no more than MOST_LOST.

    `clips` x_T are what parity with torch is measured on, `training_mels` mel_TF what int8 is fitted to; `score` gives
    the mAP of an annotator. Raises PslError for a model that differs from torch's.
    """
    front_end = FrontEndParams.model_validate(model.about["front_end"])
    network = network_model(model.network, front_end.n_mels)
    networks: dict[str, onnx.ModelProto] = {
        FLOAT32: network,
        "float16": float16_weights(network),
        "int8": int8(network, training_mels),
    }
    folders = {variant: folder if variant == FLOAT32 else folder / variant for variant in networks}
    for variant, place in folders.items():
        write_folder(
            place,
            tagger_model(front_end, networks[variant], trained_windows(model.about["trained_on"])),
            model.vocabulary,
            name=name if variant == FLOAT32 else f"{name} ({variant})",
            licence=licence,
            sample_rate_hz=front_end.sample_rate_hz,
        )
    parity = require_parity(folder, model, front_end, clips)
    variants = _kept(folders, {key: score(open_folder(place)) for key, place in folders.items()})
    return Exported(parity, variants, _step_seconds(folder / MODEL, front_end.sample_rate_hz))


def trained_windows(trained_on: Mapping[str, Any]) -> dict[str, str]:
    """What the file says of the windows that it was trained on, for psl.tagging; nothing for whole clips.

    >>> trained_windows({"labels": {"window": {"seconds": 2.0, "hop": 1.0}}}), trained_windows({})
    ({'window_seconds': '2.0', 'hop_seconds': '1.0'}, {})
    """
    window = trained_window(trained_on)
    return {"window_seconds": str(window.seconds), "hop_seconds": str(window.hop)} if window else {}


def _kept(folders: dict[str, Path], scores: dict[str, float]) -> list[Variant]:
    """All variants; the folders of those that lose too much are removed."""
    variants = []
    for name, folder in folders.items():
        kept = name == FLOAT32 or scores[name] >= scores[FLOAT32] - MOST_LOST
        variants.append(Variant(name, (folder / MODEL).stat().st_size, scores[name], kept))
        if not kept:
            shutil.rmtree(folder)
    return variants


def _step_seconds(path: Path, sample_rate_hz: int) -> float:
    """From the number of steps in a minute and in two."""
    session = open_session(path, "cpu")
    one, two = (
        session.run([STEPS], {"x_BT": np.zeros((1, minutes * 60 * sample_rate_hz), np.float32)})[0].shape[1]
        for minutes in (1, 2)
    )
    return 60 / (two - one)
