"""One scene: a few events of different classes at random moments over pink noise, and the truth about them."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from psl.soundscapes.bank import Recording
from psl.soundscapes.sounding import Sounding
from psl.soundscapes.synths import PINK_DB_PER_OCTAVE
from psl.soundscapes.tones import noise
from psl.windows import to_units

FADE_S = 0.01
BACKGROUND_DB = (-50.0, -38.0)  # power of the pink noise, full scale = 0
HIGHEST_PEAK = 0.98


@dataclass(frozen=True)
class Setting:
    """What a scene is like; the pairs are lowest and highest."""

    clip_seconds: float
    sample_rate_hz: int
    events: tuple[int, int]
    event_seconds: tuple[float, float]
    snr_db: tuple[float, float]  # event over the pink noise


@dataclass(frozen=True)
class Event:
    """One sound in a scene, from `onset` to `offset`, in samples, and the name of its recording."""

    onset: int
    offset: int
    mid: str
    recording: str


Listen = Callable[[Recording], Sounding]


def make_scene(
    setting: Setting, group: Mapping[str, Sequence[Recording]], listen: Listen, rng: np.random.Generator
) -> tuple[npt.NDArray[np.float64], list[Event]]:
    """Samples x_T and events, by onset. `group` holds the recordings that may meet here, by mid.

    The classes of one scene differ, so that no class overlaps itself.
    """
    rate_hz = setting.sample_rate_hz
    samples = to_units(setting.clip_seconds, rate_hz)
    background = 10 ** (rng.uniform(*BACKGROUND_DB) / 20)
    x_T = background * noise(rng, samples, PINK_DB_PER_OCTAVE)
    count = min(int(rng.integers(setting.events[0], setting.events[1] + 1)), len(group))
    events = []
    for mid in rng.permutation(sorted(group))[:count].tolist():
        recording = group[mid][int(rng.integers(len(group[mid])))]
        length = min(to_units(rng.uniform(*setting.event_seconds), rate_hz), samples)
        event_T = _fade(listen(recording).cut(length, rng), rate_hz)
        gain = background * 10 ** (rng.uniform(*setting.snr_db) / 20) / np.sqrt(np.mean(event_T**2))
        onset = int(rng.integers(samples - len(event_T) + 1))
        x_T[onset : onset + len(event_T)] += gain * event_T
        events.append(Event(onset, onset + len(event_T), mid, recording.name))
    return x_T * min(1.0, HIGHEST_PEAK / np.max(np.abs(x_T))), sorted(events, key=lambda event: (event.onset, event.mid))


def weak_labels(events: Sequence[Event], drop_share: float, rng: np.random.Generator) -> list[str]:
    """The classes that are heard, each left out with probability `drop_share`; one, drawn at random, always stays."""
    mids = [event.mid for event in events]
    kept = rng.uniform(size=len(mids)) >= drop_share
    kept[int(rng.integers(len(mids)))] |= not kept.any()
    return sorted(mid for mid, stays in zip(mids, kept.tolist(), strict=True) if stays)


def _fade(x_T: npt.NDArray[np.float32], rate_hz: int) -> npt.NDArray[np.float64]:
    """In and out along half a cosine, at most over half of the sound each."""
    length = min(to_units(FADE_S, rate_hz), len(x_T) // 2)
    rise_T = 0.5 - 0.5 * np.cos(np.pi * (np.arange(length) + 0.5) / max(length, 1))
    faded_T = x_T.astype(np.float64)
    faded_T[:length] *= rise_T
    faded_T[len(x_T) - length :] *= rise_T[::-1]
    return faded_T
