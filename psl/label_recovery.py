"""Where the truth in time is known: how many labels that the weak list dropped the annotator finds, and how many are right.

A class is true in a clip when an event of it is there, and true in a window when an event overlaps the window. Clips
without any known event are left out: their truth is unknown.
"""

from dataclasses import dataclass
from pathlib import Path
from typing import Literal

import numpy as np
import numpy.typing as npt

from psl.errors import PslError
from psl.label_counts import UNITS, Codes, Unit, clip_labels, to_clips, window_labels
from psl.labels import SoftLabels, ranges
from psl.parquet_tables import read_parquet
from psl.progress import say
from psl.schemas import STRONG
from psl.windows import to_units

Scope = Literal["beyond weak", "all"]


@dataclass(frozen=True)
class Events:
    """E events in time, their clips numbered as in the weak labels."""

    clip_E: npt.NDArray[np.int64]
    class_E: npt.NDArray[np.int64]
    onset_ms_E: npt.NDArray[np.int64]
    offset_ms_E: npt.NDArray[np.int64]


@dataclass(frozen=True)
class Recovery:
    """Of `n_true` true labels and `n_labels` given ones, `n_correct` are both.

    The scope "beyond weak" leaves the clip's weak labels out on both sides: `n_true` counts what the weak list dropped.
    """

    labels: str  # the window's key
    unit: Unit
    scope: Scope
    threshold: float
    n_true: int
    n_labels: int
    n_correct: int
    recall: float | None  # None: nothing was true
    precision: float | None  # None: nothing was labelled


def read_events(path: Path, weak: SoftLabels) -> Events:
    """Read a corpus's strong.parquet: the events of the clips of `weak`. Says how many lie outside the vocabulary."""
    table = read_parquet(path, STRONG, "truth in time", "metadata")
    number = {clip: n for n, clip in enumerate(weak.clip_ids)}
    rows = [row for row in zip(*(table[name].to_pylist() for name in STRONG.names), strict=True) if row[0] in number]
    known = [row for row in rows if row[3] in weak.vocabulary.index]
    if len(known) < len(rows):
        say(f"{path}: {len(rows) - len(known)} of {len(rows)} events are of classes outside the vocabulary and left out")
    values = [
        (number[clip], weak.vocabulary.index[mid], to_units(onset, 1000), to_units(offset, 1000)) for clip, onset, offset, mid in known
    ]
    return Events(*np.array(values, np.int64).reshape(-1, 4).T)


def recovery(key: str, labels: SoftLabels, weak: SoftLabels, events: Events, thresholds: tuple[float, ...]) -> list[Recovery]:
    """Recall and precision per clip and per window at each threshold, beyond the weak labels and over all."""
    if labels.clip_ids != weak.clip_ids:
        raise PslError(
            f"the labels of window {key} are of {len(labels.clip_ids)} clips and the weak labels of {len(weak.clip_ids)}, "
            "not the same ones: run annotate and weak_labels again"
        )
    weak_codes = clip_labels(weak, 0.5)
    rows = []
    for unit in UNITS:
        true = _true_labels(labels, events, unit)
        for threshold in thresholds:
            given = _given_labels(labels, events, unit, threshold)
            rows.append(
                _recovery(key, unit, "beyond weak", threshold, *(_beyond(labels, unit, side, weak_codes) for side in (true, given)))
            )
            rows.append(_recovery(key, unit, "all", threshold, true, given))
    return rows


def _true_labels(labels: SoftLabels, events: Events, unit: Unit) -> Codes:
    """The codes of the true labels, as psl.label_counts writes them."""
    classes = len(labels.vocabulary)
    if unit == "clip":
        return np.unique(events.clip_E * classes + events.class_E)
    first_E, end_E = (np.searchsorted(labels.clip_W, events.clip_E, side=side) for side in ("left", "right"))
    event, window = ranges(first_E, end_E)
    start, end = labels.start_ms_W[window], labels.start_ms_W[window] + labels.duration_ms_W[window]
    overlap = (events.onset_ms_E[event] < end) & (events.offset_ms_E[event] > start)
    return np.unique(window[overlap] * classes + events.class_E[event[overlap]])


def _given_labels(labels: SoftLabels, events: Events, unit: Unit, threshold: float) -> Codes:
    """The codes of the labels above the threshold, in clips whose truth is known."""
    known_N = np.zeros(len(labels.clip_ids), bool)
    known_N[events.clip_E] = True
    codes = clip_labels(labels, threshold) if unit == "clip" else window_labels(labels, threshold)
    number = codes // len(labels.vocabulary)
    return codes[known_N[number if unit == "clip" else labels.clip_W[number]]]


def _beyond(labels: SoftLabels, unit: Unit, codes: Codes, weak_codes: Codes) -> Codes:
    """The codes without those of the clips' weak labels."""
    return codes[~np.isin(codes if unit == "clip" else to_clips(labels, codes), weak_codes)]


def _recovery(key: str, unit: Unit, scope: Scope, threshold: float, true: Codes, given: Codes) -> Recovery:
    correct = len(np.intersect1d(true, given, assume_unique=True))
    recall, precision = (correct / len(side) if len(side) else None for side in (true, given))
    return Recovery(key, unit, scope, threshold, len(true), len(given), correct, recall, precision)
