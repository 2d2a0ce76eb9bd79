"""The front end: log-mel spectrograms in dB, computed from each clip by itself.

The values are those of torchaudio's MelSpectrogram (periodic Hann window, centred frames, reflected ends, power, HTK
mel scale, no norm) followed by 10 log10. It is written in numpy because importing torch would take each worker five
seconds.
"""

from functools import lru_cache

import numpy as np
import numpy.typing as npt

from psl.config import FrontEndParams
from psl.runtime.errors import PslError

MIN_POWER = 1e-10  # -100 dB
BLOCK_FRAMES = 128  # frames transformed at a time: fits the core's cache, and limits the memory for long recordings


class FrontEnd:
    """The front end for one set of parameters; build it once, call it for each clip."""

    def __init__(self, params: FrontEndParams) -> None:
        self.params = params
        self.window_T = _window(params.win_length_samples, params.n_fft)
        self.filters_BF = mel_filters(params)  # B: the bins of the transform

    def log_mel(self, x_T: npt.NDArray[np.float32]) -> npt.NDArray[np.float16]:
        """mel_TF in dB, T = 1 + samples // hop; a clip shorter than n_fft is padded with zeros.

        Values are clipped to `dynamic_range_db` below the clip's own maximum. Raises PslError when the power overflows.
        """
        power_TF = self._power(x_T)
        mel_TF = 10 * np.log10(np.maximum(power_TF, np.float32(MIN_POWER)))
        max_db = mel_TF.max()
        if not np.isfinite(max_db):
            raise PslError("the samples are too large for a spectrogram")
        clipped_TF = np.maximum(mel_TF, max_db - np.float32(self.params.dynamic_range_db))
        return clipped_TF.astype(np.float16)

    def _power(self, x_T: npt.NDArray[np.float32]) -> npt.NDArray[np.float32]:
        """Power in each mel band, shape (T, F)."""
        n_fft, hop = self.params.n_fft, self.params.hop_length_samples
        x_T = np.pad(x_T, (0, max(n_fft - len(x_T), 0)))
        x_T = np.pad(x_T, n_fft // 2, mode="reflect")
        frame_TS = np.lib.stride_tricks.sliding_window_view(x_T, n_fft)[::hop]
        power_TF = np.empty((len(frame_TS), self.params.n_mels), np.float32)
        with np.errstate(over="ignore", invalid="ignore"):
            for first in range(0, len(frame_TS), BLOCK_FRAMES):
                spectrum_TB = np.fft.rfft(frame_TS[first : first + BLOCK_FRAMES] * self.window_T)
                power_TF[first : first + BLOCK_FRAMES] = (spectrum_TB.real**2 + spectrum_TB.imag**2) @ self.filters_BF
        return power_TF


@lru_cache(maxsize=4)
def front_end(params: FrontEndParams) -> FrontEnd:
    """The front end for `params`, kept between calls."""
    return FrontEnd(params)


def mel_filters(params: FrontEndParams) -> npt.NDArray[np.float32]:
    """Triangles of height 1, evenly spaced on the HTK mel scale from f_min to f_max, shape (n_fft // 2 + 1, n_mels)."""
    low_mel, high_mel = (2595 * np.log10(1 + hz / 700) for hz in (params.f_min_hz, params.f_max_hz))
    corners_hz = 700 * (10 ** (np.linspace(low_mel, high_mel, params.n_mels + 2) / 2595) - 1)
    bins_hz = np.linspace(0, params.sample_rate_hz // 2, params.n_fft // 2 + 1)[:, None]
    low, centre, high = corners_hz[:-2], corners_hz[1:-1], corners_hz[2:]
    filters_BF: npt.NDArray[np.float64] = np.minimum(
        (bins_hz - low) / (centre - low), (high - bins_hz) / (high - centre)
    )
    return np.maximum(filters_BF, 0).astype(np.float32)


def _window(win_length_samples: int, n_fft: int) -> npt.NDArray[np.float32]:
    """A periodic Hann window, zero-padded on both sides to n_fft samples."""
    hann_T = 0.5 - 0.5 * np.cos(2 * np.pi * np.arange(win_length_samples) / win_length_samples)
    before = (n_fft - win_length_samples) // 2
    return np.pad(hann_T, (before, n_fft - win_length_samples - before)).astype(np.float32)
