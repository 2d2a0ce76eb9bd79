"""How far an exported model is from torch, from the same audio; and how far both are from psl's stored features."""

from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np
import numpy.typing as npt
import torch

from psl.annotators.inference.network.saved_model import SavedModel
from psl.annotators.onnx.session import open_session
from psl.config import FrontEndParams
from psl.export.folder import MODEL
from psl.export.network import CLIPS, STEPS
from psl.features.log_mel import MIN_POWER, front_end
from psl.runtime.errors import PslError

MOST_TORCH = 1e-4  # of a probability, from the same audio
MOST_STORED = 1e-2  # beside the stored features, which are rounded to float16, up to 0.03 dB
TOGETHER = 4  # clips in the larger batches
Floats = npt.NDArray[np.float32]


class Parity(NamedTuple):
    """The largest differences of a probability."""

    n_batches: int
    torch: float  # of clips and of steps, where torch computes front end (in float64) and network
    stored: float  # of clips, where torch gets the features as psl.features.log_mel rounds them


def require_parity(folder: Path, model: SavedModel, params: FrontEndParams, clips: Sequence[Floats]) -> Parity:
    """The differences between `folder`/model.onnx and `model` on clips x_T of audio, in batches of one and of several
    and in several lengths.

    Raises PslError where they are larger than MOST_TORCH and MOST_STORED.
    """
    parity = measure(folder, model, params, clips)
    for value, most, what in (
        (parity.torch, MOST_TORCH, "torch's"),
        (parity.stored, MOST_STORED, "those from stored features"),
    ):
        if not value <= most:
            raise PslError(
                f"the exported model of {model.name} gives probabilities that differ from {what} by {value:.1e}, and "
                f"{most:.0e} is the most: nothing is written; try other versions of torch and onnxruntime"
            )
    return parity


def measure(folder: Path, model: SavedModel, params: FrontEndParams, clips: Sequence[Floats]) -> Parity:
    """The same without the check."""
    session = open_session(folder / MODEL, "cpu")
    differences = [_differences(session, model, params, x_BT=x_BT) for x_BT in batches(clips)]
    from_torch, from_stored = np.max(differences, axis=0)
    return Parity(len(differences), float(from_torch), float(from_stored))


def batches(clips: Sequence[Floats]) -> Iterator[Floats]:
    """Each clip alone, and TOGETHER at a time, cut to three quarters of the shortest of them."""
    for clip_T in clips:
        yield clip_T[None]
    for first in range(0, len(clips), TOGETHER):
        some = clips[first : first + TOGETHER]
        length = max(1, 3 * min(map(len, some)) // 4)
        yield np.stack([clip_T[:length] for clip_T in some])


def torch_log_mel(x_BT: torch.Tensor, params: FrontEndParams) -> torch.Tensor:
    """mel_BTF in dB by torch: torchaudio's MelSpectrogram, whose transform is torch.stft, in decibels.

    It is computed in float64, because torch.stft rounds more in float32 than the exported front end does: quiet bands
    of loud frames by up to 0.08 dB. Returned in float32.
    """
    x_BT = torch.nn.functional.pad(x_BT.double(), (0, max(params.n_fft - x_BT.shape[1], 0)))
    spectrum_BKT = torch.stft(
        x_BT,
        params.n_fft,
        params.hop_length_samples,
        params.win_length_samples,
        torch.hann_window(params.win_length_samples, dtype=x_BT.dtype),
        return_complex=True,
    )
    power_BTF = spectrum_BKT.abs().square().mT @ torch.from_numpy(front_end(params).filters_BF).double()
    mel_BTF = 10 * power_BTF.clamp(min=MIN_POWER).log10()
    return mel_BTF.maximum(mel_BTF.amax((1, 2), keepdim=True) - params.dynamic_range_db).float()


def _differences(session: Any, model: SavedModel, params: FrontEndParams, *, x_BT: Floats) -> tuple[float, float]:
    """From torch, and from torch with stored features."""
    p_BC, p_BTC = session.run([CLIPS, STEPS], {"x_BT": x_BT})
    stored_BTF = np.stack([front_end(params).log_mel(x_T) for x_T in x_BT]).astype(np.float32)
    with torch.inference_mode():
        torch_BC, torch_BTC = model.network(torch_log_mel(torch.from_numpy(x_BT), params))
        stored_BC, _ = model.network(torch.from_numpy(stored_BTF))
    if torch_BTC.shape != p_BTC.shape:
        return np.inf, np.inf
    by_torch = max(np.abs(p_BC - torch_BC.numpy()).max(), np.abs(p_BTC - torch_BTC.numpy()).max())
    return float(by_torch), float(np.abs(p_BC - stored_BC.numpy()).max())
