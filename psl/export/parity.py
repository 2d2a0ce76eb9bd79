"""How far an exported model is from the one that was trained, on audio: by its network alone, and as a whole."""

from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np
import numpy.typing as npt
import onnx
import torch

from psl.annotators.inference.network.saved_model import SavedModel
from psl.annotators.onnx.session import open_session
from psl.config import FrontEndParams
from psl.export.front_end import front_end_model
from psl.export.network import CLIPS, STEPS
from psl.features.log_mel import front_end
from psl.runtime.errors import PslError

MOST_NETWORK = 1e-4  # of a probability, from the same features
MOST_WHOLE = 1e-3  # from the same audio: features are kept in float16, and a value in 4,000 rounds to its other side
TOGETHER = 4  # clips in the larger batches
Floats = npt.NDArray[np.float32]


class Parity(NamedTuple):
    """The largest differences of a probability."""

    n_batches: int
    network: float  # of clips and of steps, where torch gets the features of the exported front end
    whole: float  # of clips, where torch gets those of psl.features.log_mel


def require_parity(folder: Path, model: SavedModel, params: FrontEndParams, clips: Sequence[Floats]) -> Parity:
    """The differences between `folder`/model.onnx and `model` on clips x_T of audio, in batches of one and of several
    and in several lengths.

    Raises PslError where they are larger than MOST_NETWORK and MOST_WHOLE.
    """
    parity = measure(folder, model, params, clips)
    for value, most, what in ((parity.network, MOST_NETWORK, "network"), (parity.whole, MOST_WHOLE, "model")):
        if not value <= most:
            raise PslError(
                f"the exported {what} of {model.name} gives probabilities that differ from torch's by {value:.1e}, and "
                f"{most:.0e} is the most: nothing is written; try other versions of torch and onnxruntime"
            )
    return parity


def measure(folder: Path, model: SavedModel, params: FrontEndParams, clips: Sequence[Floats]) -> Parity:
    """The same without the check."""
    path, features = folder / "model.onnx", folder / "front_end.onnx"
    onnx.save(front_end_model(params), features)
    session, mel_session = open_session(path, "cpu"), open_session(features, "cpu")
    features.unlink()
    differences = [_differences(session, mel_session, model, params, x_BT=x_BT) for x_BT in batches(clips)]
    network, whole = np.max(differences, axis=0)
    return Parity(len(differences), float(network), float(whole))


def batches(clips: Sequence[Floats]) -> Iterator[Floats]:
    """Each clip alone, and TOGETHER at a time, cut to three quarters of the shortest of them."""
    for clip_T in clips:
        yield clip_T[None]
    for first in range(0, len(clips), TOGETHER):
        some = clips[first : first + TOGETHER]
        length = max(1, 3 * min(map(len, some)) // 4)
        yield np.stack([clip_T[:length] for clip_T in some])


def _differences(
    session: Any, mel_session: Any, model: SavedModel, params: FrontEndParams, *, x_BT: Floats
) -> tuple[float, float]:
    """By the network alone, and as a whole."""
    inputs = {"x_BT": x_BT}
    p_BC, p_BTC = session.run([CLIPS, STEPS], inputs)
    (mel_BSF,) = mel_session.run(None, inputs)
    ours_BSF = np.stack([front_end(params).log_mel(x_T) for x_T in x_BT]).astype(np.float32)
    (same_BC, same_BTC), (ours_BC, _) = _torch(model, mel_BSF), _torch(model, ours_BSF)
    if same_BTC.shape != p_BTC.shape:
        return np.inf, np.inf
    network = max(np.abs(p_BC - same_BC).max(), np.abs(p_BTC - same_BTC).max())
    return float(network), float(np.abs(p_BC - ours_BC).max())


def _torch(model: SavedModel, mel_BSF: Floats) -> tuple[Floats, Floats]:
    with torch.inference_mode():
        p_BC, p_BTC = model.network(torch.from_numpy(mel_BSF))
    return p_BC.numpy(), p_BTC.numpy()
