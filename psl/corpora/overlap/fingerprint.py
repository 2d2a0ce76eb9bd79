"""Fingerprints of log-mels: where the spectrum's slope rises and falls over time, one word a step of 40 ms.

After Haitsma and Kalker, A Highly Robust Audio Fingerprinting System (ISMIR 2002), section 4.2: the sign of the
difference over time of the difference between neighbouring bands, which no gain and no slow filter changes. Here a
cell may also be still, so that silence and steady tones set no bit, and bands lie between 150 Hz and 4 kHz, which every
codec and telephone keeps.
"""

from collections.abc import Sequence
from functools import lru_cache
from typing import NamedTuple

import numpy as np
import numpy.typing as npt

from psl.config import FrontEndParams

BANDS = 24  # each has two bits of a word
LOW_HZ, HIGH_HZ = 150.0, 4000.0
STEP_MS = 40  # frames are averaged to about this
SMOOTH_STEPS = 6  # averaged, so that half a step's shift changes little
LAG_STEPS = 6  # between the averages that are compared
STILL_DB = 1.5  # smaller changes set no bit
FLOOR_DB = 60.0  # below the clip's loudest band: deeper, codecs differ
LOST_STEPS = SMOOTH_STEPS + LAG_STEPS - 1  # at a clip's end, where no word can begin: half a second

RISES = np.uint64(2**BANDS - 1)  # mask of the bits for rising slopes; those for falling slopes lie above them
Words = npt.NDArray[np.uint64]
Floats = npt.NDArray[np.float32]
Ints = npt.NDArray[np.int64]


class Fingerprints(NamedTuple):
    """Fingerprints of N clips, concatenated: clip number_N[n] has the words from first_N[n] to first_N[n + 1].

    Bit b of a word is set where band b + 1 gains on band b around that step, bit BANDS + b where it loses.
    """

    number_N: Ints
    first_N: Ints  # N + 1
    word_W: Words


def compute_fingerprints(
    number_N: Sequence[int] | Ints, mels: Sequence[npt.NDArray[np.floating]], front_end: FrontEndParams
) -> Fingerprints:
    """The fingerprints of N clips' log-mels mel_TF in dB; clips shorter than half a second have no word.

    Each depends on its own clip alone; a batch is faster than single clips, which are a few thousand numbers each.
    """
    weight_FB = _band_weights(front_end)
    bands = [_band_levels(mel_TF, weight_FB) for mel_TF in mels]
    step_N = np.cumsum([0, *map(len, bands)])
    first_N = np.cumsum([0, *(max(len(band_SB) - LOST_STEPS, 0) for band_SB in bands)])
    if not first_N[-1]:
        return Fingerprints(np.asarray(number_N, np.int64), first_N, np.empty(0, np.uint64))
    change_VB = _changes(np.concatenate(bands))
    kept_W = np.arange(first_N[-1]) + np.repeat(step_N[:-1] - first_N[:-1], np.diff(first_N))
    return Fingerprints(np.asarray(number_N, np.int64), first_N, _words(change_VB)[kept_W])


def concatenate(parts: Sequence[Fingerprints]) -> Fingerprints:
    """Several batches of fingerprints as one."""
    base = np.cumsum([0, *(len(part.word_W) for part in parts)])
    first = [part.first_N[:-1] + start for part, start in zip(parts, base, strict=False)]
    return Fingerprints(
        np.concatenate([np.empty(0, np.int64), *(part.number_N for part in parts)]),
        np.concatenate([*first, base[-1:]]),
        np.concatenate([np.empty(0, np.uint64), *(part.word_W for part in parts)]),
    )


def frames_per_step(front_end: FrontEndParams) -> int:
    """Frames averaged to one step: the same for all clips of a front end."""
    return max(round(STEP_MS * front_end.sample_rate_hz / (1000 * front_end.hop_length_samples)), 1)


def _band_levels(mel_TF: npt.NDArray[np.floating], weight_FB: Floats) -> Floats:
    """Levels of BANDS + 1 bands at each step in dB, at most FLOOR_DB below the loudest.

    `weight_FB` covers the mel bands of all frames of a step.
    """
    frames = len(weight_FB) // mel_TF.shape[1]
    steps = len(mel_TF) // frames
    band_SB: Floats = mel_TF[: steps * frames].astype(np.float32).reshape(steps, len(weight_FB)) @ weight_FB
    return np.maximum(band_SB, band_SB.max(initial=-np.inf) - FLOOR_DB, out=band_SB)


def _changes(band_SB: Floats) -> Floats:
    """Change of the slope between neighbouring bands, summed over SMOOTH_STEPS from each step on: LOST_STEPS fewer."""
    slope_SB = np.diff(band_SB, axis=1)
    change_SB = slope_SB[LAG_STEPS:] - slope_SB[:-LAG_STEPS]
    steps = len(change_SB) - SMOOTH_STEPS + 1
    return sum(change_SB[start : start + steps] for start in range(1, SMOOTH_STEPS)) + change_SB[:steps]


def _words(change_WB: Floats) -> Words:
    limit = STILL_DB * SMOOTH_STEPS
    bytes_W8 = np.zeros((len(change_WB), 8), np.uint8)
    bytes_W8[:, : BANDS // 4] = np.packbits(
        np.concatenate([change_WB > limit, change_WB < -limit], axis=1), axis=1, bitorder="little"
    )
    return bytes_W8.view("<u8")[:, 0]


@lru_cache(maxsize=4)
def _band_weights(front_end: FrontEndParams) -> Floats:
    """Weights that average a step's frames into BANDS + 1 bands of equal width in mel; each band's sum to 1."""
    low, high, first, last = (
        2595 * np.log10(1 + hz / 700) for hz in (front_end.f_min_hz, front_end.f_max_hz, LOW_HZ, HIGH_HZ)
    )
    centre_F = np.arange(front_end.n_mels)[:, None]
    position = [(mel - low) / (high - low) * (front_end.n_mels + 1) - 1 for mel in (max(first, low), min(last, high))]
    edge_B = np.linspace(max(position[0], -0.5), min(position[1], front_end.n_mels - 0.5), BANDS + 2)
    weight_FB = np.maximum(np.minimum(edge_B[1:], centre_F + 0.5) - np.maximum(edge_B[:-1], centre_F - 0.5), 0)
    frames = frames_per_step(front_end)
    return np.tile(weight_FB / (frames * weight_FB.sum(axis=0)), (frames, 1)).astype(np.float32)
