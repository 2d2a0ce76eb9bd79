"""Building blocks of synthesised sounds: tones, gates, decays, coloured noise, rooms; seconds and Hz throughout."""

import numpy as np
import numpy.typing as npt

Sound = npt.NDArray[np.float64]
RAMP_S = 0.004  # of a gate: short enough to sound abrupt, long enough not to click


def log_uniform(rng: np.random.Generator, low: float, high: float) -> float:
    """A number whose logarithm is uniform, so that every octave is equally likely."""
    return float(np.exp(rng.uniform(np.log(low), np.log(high))))


def tone(frequency_T: Sound, rate_hz: int, strengths_H: npt.ArrayLike = (1.0,)) -> Sound:
    """The sum of harmonics 1, 2, ... of a varying frequency, shape (T,); those that would alias are left out."""
    phase_T = 2 * np.pi * np.cumsum(frequency_T) / rate_hz
    highest = 0.48 * rate_hz / float(np.max(frequency_T))
    strengths = np.asarray(strengths_H, dtype=np.float64)
    return sum(
        (s * np.sin(h * phase_T) for h, s in enumerate(strengths, 1) if s and (h == 1 or h <= highest)),
        np.zeros(len(phase_T)),
    )


def constant(frequency_hz: float, samples: int) -> Sound:
    """A constant frequency, shape (samples,)."""
    return np.full(samples, frequency_hz)


def timbre(rng: np.random.Generator, harmonics: int, roll_off: tuple[float, float]) -> Sound:
    """Amplitudes that fall with a random power of the harmonic's number, each a little off; shape (harmonics,)."""
    number_H = np.arange(1, harmonics + 1)
    strength_H: Sound = number_H ** -rng.uniform(*roll_off) * rng.uniform(0.5, 1.0, harmonics)
    return strength_H


def gate(spans: list[tuple[float, float]], samples: int, rate_hz: int) -> Sound:
    """1 within the spans (start, end), 0 outside, with short ramps; shape (samples,)."""
    time_T = np.arange(samples) / rate_hz
    open_T = np.zeros(samples)
    for start, end in spans:
        first, last = np.searchsorted(time_T, (start - RAMP_S, end + RAMP_S))
        ramp = np.minimum(time_T[first:last] - start, end - time_T[first:last]) / RAMP_S
        open_T[first:last] = np.maximum(open_T[first:last], np.clip(ramp + 0.5, 0, 1))
    return open_T


def pulses(rng: np.random.Generator, on_s: float, off_s: float, samples: int, *, rate_hz: int) -> Sound:
    """A gate that is open for `on_s` and closed for `off_s` periodically, with a random phase; shape (samples,)."""
    period = on_s + off_s
    starts = np.arange(-rng.uniform(0, period), samples / rate_hz, period)
    return gate([(start, start + on_s) for start in starts], samples, rate_hz)


def decaying_tone(frequency_hz: float, decay_s: float, rate_hz: int) -> Sound:
    """A tone that decays by 60 dB in `decay_s` and ends there."""
    time_T = np.arange(max(int(decay_s * rate_hz), 1)) / rate_hz
    return np.sin(2 * np.pi * frequency_hz * time_T) * 10 ** (-3 * time_T / decay_s)


def mix_at(hits: list[tuple[float, Sound]], samples: int, rate_hz: int) -> Sound:
    """The sum of sounds that start at given times, cut to the range 0 to `samples`; shape (samples,)."""
    out_T = np.zeros(samples)
    for time_s, sound in hits:
        start = round(time_s * rate_hz)
        part = sound[max(-start, 0) : max(samples - start, 0)]
        out_T[max(start, 0) : max(start, 0) + len(part)] += part
    return out_T


def noise(rng: np.random.Generator, samples: int, db_per_octave: float) -> Sound:
    """Gaussian noise of power 1 with a slope of `db_per_octave`: 0 is white, -3.01 pink; shape (samples,)."""
    length = fast_fft_length(samples)
    bins = np.arange(length // 2 + 1, dtype=np.float64)
    bins[0] = 1
    shape = bins ** (db_per_octave / (20 * np.log10(2)))
    shape[0] = 0
    out_T = np.fft.irfft(np.fft.rfft(rng.standard_normal(length)) * shape, length)[:samples]
    return out_T / np.sqrt(np.mean(out_T**2))


def fast_fft_length(samples: int) -> int:
    """The lowest number from `samples` on with prime factors up to 5 only: a large prime takes ten times as long.

    >>> fast_fft_length(160_000), fast_fft_length(44_101), fast_fft_length(1)
    (160000, 45000, 1)
    """
    odd = [3**i * 5**j for i in range(20) for j in range(14)]
    return min(number << max(-(-samples // number) - 1, 0).bit_length() for number in odd)


def add_room(rng: np.random.Generator, x_T: Sound, rate_hz: int) -> Sound:
    """The sound in a random room and device: a decaying reverberation, and a spectral tilt of up to 1 dB an octave."""
    tail_T = rng.standard_normal(int(rng.uniform(0.03, 0.3) * rate_hz))
    tail_T *= 10 ** (-3 * np.arange(len(tail_T)) / len(tail_T)) * rng.uniform(0.0, 0.5) / np.sqrt(np.sum(tail_T**2))
    tail_T[0] += 1
    length = 2 ** int(np.ceil(np.log2(len(x_T) + len(tail_T))))  # a power of 2, for a fast transform
    bins = np.maximum(np.arange(length // 2 + 1), length / 100)
    tilt = (bins / bins[-1]) ** (rng.uniform(-1, 1) / (20 * np.log10(2)))
    return np.fft.irfft(np.fft.rfft(x_T, length) * np.fft.rfft(tail_T, length) * tilt, length)[: len(x_T)]
