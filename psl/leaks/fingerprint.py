"""A fingerprint of a clip's log-mel: where the spectrum's slope rises and falls over time, one word a step of 40 ms.

After Haitsma and Kalker, A Highly Robust Audio Fingerprinting System (ISMIR 2002), section 4.2: the sign of the difference over
time of the difference between neighbouring bands, which no gain and no slow filter changes. Here a cell may also be still, so that
silence and steady tones say nothing, and bands lie between 150 Hz and 4 kHz, which every codec and telephone keeps.
"""

from functools import lru_cache
from typing import NamedTuple

import numpy as np
import numpy.typing as npt

from psl.params import FrontEndParams

BANDS = 24  # bits of a word
LOW_HZ, HIGH_HZ = 150.0, 4000.0
STEP_MS = 40  # frames are averaged to about this
SMOOTH_STEPS = 6  # averaged, so that half a step's shift changes little
LAG_STEPS = 6  # between the averages that are compared
STILL_DB = 1.5  # changes up to this are none
FLOOR_DB = 60.0  # under the clip's loudest band, where codecs differ

Words = npt.NDArray[np.uint32]


class Fingerprint(NamedTuple):
    """Bit b of word w says that band b + 1 gains on band b (rise), or loses on it (fall), around step w."""

    rise_W: Words
    fall_W: Words


def fingerprint(mel_TF: npt.NDArray[np.floating], front_end: FrontEndParams) -> Fingerprint:
    """The fingerprint of a clip's log-mel in dB; clips shorter than half a second have no word."""
    frames = frames_per_step(front_end)
    steps = len(mel_TF) // frames
    if steps <= SMOOTH_STEPS + LAG_STEPS:
        return Fingerprint(np.empty(0, np.uint32), np.empty(0, np.uint32))
    mel_SF = mel_TF[: steps * frames].astype(np.float32).reshape(steps, frames, -1).mean(axis=1)
    band_SB = mel_SF @ _bands(front_end)
    band_SB = np.maximum(band_SB, band_SB.max() - FLOOR_DB)
    total_SB = np.cumsum(np.pad(band_SB, ((1, 0), (0, 0))), axis=0, dtype=np.float64)
    slope_SB = np.diff(total_SB[SMOOTH_STEPS:] - total_SB[:-SMOOTH_STEPS], axis=1) / SMOOTH_STEPS
    change_WB = slope_SB[LAG_STEPS:] - slope_SB[:-LAG_STEPS]
    return Fingerprint(_words(change_WB > STILL_DB), _words(change_WB < -STILL_DB))


def frames_per_step(front_end: FrontEndParams) -> int:
    """Frames that are averaged to a step: the same for all clips of a front end."""
    return max(round(STEP_MS * front_end.sample_rate_hz / (1000 * front_end.hop_samples)), 1)


def _words(bit_WB: npt.NDArray[np.bool_]) -> Words:
    bytes_W4 = np.zeros((len(bit_WB), 4), np.uint8)
    bytes_W4[:, : BANDS // 8] = np.packbits(bit_WB, axis=1, bitorder="little")
    return bytes_W4.view("<u4")[:, 0]


@lru_cache(maxsize=4)
def _bands(front_end: FrontEndParams) -> npt.NDArray[np.float32]:
    """Weights of mel bands in BANDS + 1 bands of equal width on the mel scale, shape (F, BANDS + 1); each sums to 1."""
    low, high, first, last = (2595 * np.log10(1 + hz / 700) for hz in (front_end.f_min_hz, front_end.f_max_hz, LOW_HZ, HIGH_HZ))
    centre_F = np.arange(front_end.mels)[:, None]
    place = [(mel - low) / (high - low) * (front_end.mels + 1) - 1 for mel in (max(first, low), min(last, high))]
    edge_B = np.linspace(max(place[0], -0.5), min(place[1], front_end.mels - 0.5), BANDS + 2)
    weight_FB = np.maximum(np.minimum(edge_B[1:], centre_F + 0.5) - np.maximum(edge_B[:-1], centre_F - 0.5), 0)
    return (weight_FB / weight_FB.sum(axis=0)).astype(np.float32)
