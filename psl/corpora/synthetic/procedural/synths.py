"""Synthesised sounds that are classes of AudioSet: each draws its own pitch, rate and timbre from a generator.

Similar classes overlap on purpose: a dial tone is nearly a sine wave, a fast siren a chirp, a high beep a smoke alarm.
"""

from collections.abc import Callable

import numpy as np

from psl.corpora.synthetic.procedural.tones import (
    Sound,
    constant,
    decaying_tone,
    gate,
    log_uniform,
    mix_at,
    noise,
    pulses,
    timbre,
    tone,
)

Synth = Callable[[np.random.Generator, int, int], Sound]  # (generator, samples, rate in Hz) -> x_T
DTMF_HZ = ((697, 770, 852, 941), (1209, 1336, 1477, 1633))
PINK_DB_PER_OCTAVE = -3.01


def sine_wave(rng: np.random.Generator, samples: int, rate_hz: int) -> Sound:
    """One steady sine."""
    return tone(constant(log_uniform(rng, 250, 3500), samples), rate_hz)


def chirp_tone(rng: np.random.Generator, samples: int, rate_hz: int) -> Sound:
    """A sine that sweeps up or down over one to three octaves, again and again."""
    low, octaves, period_s = log_uniform(rng, 250, 900), rng.uniform(1, 3), log_uniform(rng, 0.2, 1.2)
    sweep_T = (np.arange(samples) / rate_hz / period_s + rng.uniform()) % 1.0
    frequency_T = low * 2 ** (octaves * (sweep_T if rng.uniform() < 0.5 else 1 - sweep_T))
    return tone(np.minimum(frequency_T, 0.45 * rate_hz), rate_hz)


def siren(rng: np.random.Generator, samples: int, rate_hz: int) -> Sound:
    """A voiced tone that wails, yelps or steps between two pitches."""
    low, octaves, cycles_hz = log_uniform(rng, 350, 700), rng.uniform(0.5, 1.4), log_uniform(rng, 0.6, 4.0)
    turn_T = np.arange(samples) / rate_hz * cycles_hz + rng.uniform()
    wave_T = 0.5 - 0.5 * np.cos(2 * np.pi * turn_T)
    if rng.uniform() < 0.33:
        wave_T = np.round(wave_T)
    return tone(low * 2 ** (octaves * wave_T), rate_hz, timbre(rng, 5, (1.0, 3.0)))


def beep(rng: np.random.Generator, samples: int, rate_hz: int) -> Sound:
    """Short tones with pauses."""
    frequency = constant(log_uniform(rng, 400, 3500), samples)
    open_T = pulses(rng, log_uniform(rng, 0.06, 0.25), log_uniform(rng, 0.08, 0.35), samples, rate_hz=rate_hz)
    return tone(frequency, rate_hz, timbre(rng, 4, (1.5, 4.0))) * open_T


def smoke_alarm(rng: np.random.Generator, samples: int, rate_hz: int) -> Sound:
    """A piezo's high tone in threes and a pause, or in a fast row."""
    tone_T = tone(constant(rng.uniform(2500, 3600), samples), rate_hz, timbre(rng, 2, (2.0, 4.0)))
    if rng.uniform() < 0.5:
        return tone_T * pulses(rng, rng.uniform(0.08, 0.2), rng.uniform(0.05, 0.15), samples, rate_hz=rate_hz)
    on_s = rng.uniform(0.25, 0.5)
    first = np.arange(-rng.uniform(0, 7 * on_s), samples / rate_hz, 8 * on_s)
    return tone_T * gate(
        [(start + 2 * i * on_s, start + (2 * i + 1) * on_s) for start in first for i in range(3)], samples, rate_hz
    )


def telephone_bell(rng: np.random.Generator, samples: int, rate_hz: int) -> Sound:
    """A clapper between two gongs, ringing and pausing."""
    pitch, strokes_hz, decay_s = log_uniform(rng, 900, 1800), rng.uniform(16, 28), rng.uniform(0.15, 0.5)
    gongs = []
    for detune in (1.0, rng.uniform(1.05, 1.3)):
        partials = [
            (pitch * detune * ratio, weight)
            for ratio, weight in zip((1.0, 1.51, 2.37), rng.uniform(0.3, 1.0, 3), strict=True)
        ]
        gongs.append(sum(weight * decaying_tone(min(f, 0.48 * rate_hz), decay_s, rate_hz) for f, weight in partials))
    times = np.arange(-decay_s, samples / rate_hz, 1 / strokes_hz)
    ringing = pulses(rng, rng.uniform(0.8, 2.0), rng.uniform(0.4, 1.5), samples, rate_hz=rate_hz)
    struck = [(t, gongs[i % 2]) for i, t in enumerate(times) if ringing[max(int(t * rate_hz), 0)] > 0.5]
    return mix_at(struck, samples, rate_hz)


def dtmf(rng: np.random.Generator, samples: int, rate_hz: int) -> Sound:
    """A number being dialled: two tones a key."""
    on_s, off_s = rng.uniform(0.06, 0.22), rng.uniform(0.04, 0.2)
    starts = np.arange(-rng.uniform(0, on_s), samples / rate_hz, on_s + off_s)
    out_T = np.zeros(samples)
    for start in starts:
        pair = [rng.choice(band) for band in DTMF_HZ]
        first, last = max(int((start - 0.01) * rate_hz), 0), min(int((start + on_s + 0.01) * rate_hz), samples)
        key_T = sum(tone(constant(frequency, last - first), rate_hz) for frequency in pair)
        out_T[first:last] += key_T * gate(
            [(start - first / rate_hz, start + on_s - first / rate_hz)], last - first, rate_hz
        )
    return out_T


def dial_tone(rng: np.random.Generator, samples: int, rate_hz: int) -> Sound:
    """The steady tone of a free line: 425 Hz, or 350 and 440 Hz together, on a line that is a little off."""
    pair = ((425.0, 425.0), (350.0, 440.0))[rng.integers(2)]
    return _line_tone(rng, pair, samples, rate_hz)


def busy_signal(rng: np.random.Generator, samples: int, rate_hz: int) -> Sound:
    """The broken tone of a line in use: 425 Hz, or 480 and 620 Hz together."""
    pair = ((425.0, 425.0), (480.0, 620.0))[rng.integers(2)]
    on_s = rng.uniform(0.2, 0.5)
    return _line_tone(rng, pair, samples, rate_hz) * pulses(
        rng, on_s, on_s * rng.uniform(0.8, 1.2), samples, rate_hz=rate_hz
    )


def _line_tone(rng: np.random.Generator, pair: tuple[float, float], samples: int, rate_hz: int) -> Sound:
    off, strengths_H = rng.uniform(0.9, 1.1), timbre(rng, 4, (1.5, 4.0))
    return sum(
        (tone(constant(off * frequency, samples), rate_hz, strengths_H) for frequency in pair), np.zeros(samples)
    )


def buzzer(rng: np.random.Generator, samples: int, rate_hz: int) -> Sound:
    """A rough tone with many harmonics, in long pushes."""
    rough_T = tone(constant(log_uniform(rng, 80, 400), samples), rate_hz, timbre(rng, 30, (0.3, 1.2)))
    return rough_T * pulses(rng, rng.uniform(0.4, 2.0), rng.uniform(0.1, 0.8), samples, rate_hz=rate_hz)


def mains_hum(rng: np.random.Generator, samples: int, rate_hz: int) -> Sound:
    """50 or 60 Hz and its harmonics, the even ones strong."""
    strengths_H = timbre(rng, 16, (0.5, 1.5)) * np.tile((0.3, 1.0), 8)
    return tone(constant((50.0, 60.0)[rng.integers(2)], samples), rate_hz, strengths_H)


def white_noise(rng: np.random.Generator, samples: int, rate_hz: int) -> Sound:
    """A flat spectrum."""
    return noise(rng, samples, 0.0)


def pink_noise(rng: np.random.Generator, samples: int, rate_hz: int) -> Sound:
    """Power that falls by 3 dB an octave."""
    return noise(rng, samples, PINK_DB_PER_OCTAVE)


def tick_tock(rng: np.random.Generator, samples: int, rate_hz: int) -> Sound:
    """A clock's two alternating clicks."""
    clicks = [decaying_tone(log_uniform(rng, 1200, 3800), rng.uniform(0.03, 0.12), rate_hz) for _ in range(2)]
    rate, sway = rng.uniform(2.0, 6.0), rng.uniform(-0.15, 0.15)
    times = [(i + sway * (i % 2)) / rate for i in range(-1, int(samples / rate_hz * rate) + 1)]
    return mix_at([(t, clicks[i % 2] * rng.uniform(0.7, 1.0)) for i, t in enumerate(times)], samples, rate_hz)


# mid, display name, synthesis: in the order of AudioSet's class list
SOUNDS: tuple[tuple[str, str, Synth], ...] = (
    ("/m/07pp8cl", "Telephone bell ringing", telephone_bell),
    ("/m/02c8p", "Telephone dialing, DTMF", dtmf),
    ("/m/015jpf", "Dial tone", dial_tone),
    ("/m/01z47d", "Busy signal", busy_signal),
    ("/m/03kmc9", "Siren", siren),
    ("/m/030rvx", "Buzzer", buzzer),
    ("/m/01y3hg", "Smoke detector, smoke alarm", smoke_alarm),
    ("/m/07qjznl", "Tick-tock", tick_tock),
    ("/m/02fs_r", "Beep, bleep", beep),
    ("/m/01v_m0", "Sine wave", sine_wave),
    ("/m/0hdsk", "Chirp tone", chirp_tone),
    ("/m/06xkwv", "Mains hum", mains_hum),
    ("/m/0chx_", "White noise", white_noise),
    ("/m/0cj0r", "Pink noise", pink_noise),
)
