"""One scene: a few events of different classes at random times over pink noise, and their ground truth."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field

import numpy as np
import numpy.typing as npt

from psl.corpora.synthetic.active_part import ActivePart
from psl.corpora.synthetic.bank import Recording
from psl.corpora.synthetic.procedural.synths import PINK_DB_PER_OCTAVE
from psl.corpora.synthetic.procedural.tones import noise
from psl.io.windows import to_units

FADE_S = 0.01
BACKGROUND_DB = (-50.0, -38.0)  # power of the pink noise, full scale = 0
MAX_PEAK = 0.98


@dataclass(frozen=True)
class SceneParams:
    """The ranges that a scene is drawn from; pairs are lowest and highest."""

    clip_seconds: float
    sample_rate_hz: int
    events: tuple[int, int]
    event_seconds: tuple[float, float]
    snr_db: tuple[float, float] = field(kw_only=True)  # event over the pink noise


@dataclass(frozen=True)
class SceneEvent:
    """One sound in a scene, from sample `onset` to sample `offset`, and the name of its recording."""

    onset: int
    offset: int
    mid: str
    recording: str


LoadRecording = Callable[[Recording], ActivePart]


def build_scene(
    params: SceneParams, recordings: Mapping[str, Sequence[Recording]], load: LoadRecording, rng: np.random.Generator
) -> tuple[npt.NDArray[np.float64], list[SceneEvent]]:
    """Samples x_T and events by onset, of `recordings` by mid. The classes differ, so that no class overlaps itself."""
    rate_hz = params.sample_rate_hz
    samples = to_units(params.clip_seconds, rate_hz)
    background = 10 ** (rng.uniform(*BACKGROUND_DB) / 20)
    x_T = background * noise(rng, samples, PINK_DB_PER_OCTAVE)
    count = min(int(rng.integers(params.events[0], params.events[1] + 1)), len(recordings))
    events = []
    for mid in rng.permutation(sorted(recordings))[:count].tolist():
        recording = recordings[mid][int(rng.integers(len(recordings[mid])))]
        length = min(to_units(rng.uniform(*params.event_seconds), rate_hz), samples)
        event_T = _fade(load(recording).excerpt(length, rng), rate_hz)
        gain = background * 10 ** (rng.uniform(*params.snr_db) / 20) / np.sqrt(np.mean(event_T**2))
        onset = int(rng.integers(samples - len(event_T) + 1))
        x_T[onset : onset + len(event_T)] += gain * event_T
        events.append(SceneEvent(onset, onset + len(event_T), mid, recording.name))
    return x_T * min(1.0, MAX_PEAK / np.max(np.abs(x_T))), sorted(events, key=lambda event: (event.onset, event.mid))


def weak_labels(events: Sequence[SceneEvent], missing_label_rate: float, rng: np.random.Generator) -> list[str]:
    """The classes of the events, each dropped with probability `missing_label_rate`; a random one always stays."""
    mids = [event.mid for event in events]
    kept = rng.uniform(size=len(mids)) >= missing_label_rate
    kept[int(rng.integers(len(mids)))] |= not kept.any()
    return sorted(mid for mid, is_kept in zip(mids, kept.tolist(), strict=True) if is_kept)


def _fade(x_T: npt.NDArray[np.float32], rate_hz: int) -> npt.NDArray[np.float64]:
    """Fade in and out along half a cosine, each over at most half of the sound."""
    length = min(to_units(FADE_S, rate_hz), len(x_T) // 2)
    rise_T = 0.5 - 0.5 * np.cos(np.pi * (np.arange(length) + 0.5) / max(length, 1))
    faded_T = x_T.astype(np.float64)
    faded_T[:length] *= rise_T
    faded_T[len(x_T) - length :] *= rise_T[::-1]
    return faded_T
