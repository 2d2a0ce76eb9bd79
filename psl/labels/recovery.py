"""Recall and precision of soft labels where events are annotated in time, above all beyond the weak labels.

A class is true in a clip if the clip has an event of it, and true in a window if such an event overlaps the window.
Clips without any annotated event are left out, because their true labels are unknown. A class that the annotator does
not have is 0 in its labels, and counts as not found.
"""

from dataclasses import dataclass
from pathlib import Path
from typing import Literal

import numpy as np
import numpy.typing as npt

from psl.io.labels.soft_labels import Ints, SoftLabels, ranges
from psl.io.parquet import read_parquet
from psl.io.schemas import STRONG
from psl.io.windows import to_units
from psl.labels.counts import UNITS, Codes, Unit, clip_labels, to_clips, window_labels
from psl.runtime.errors import PslError
from psl.runtime.progress import log

Scope = Literal["beyond weak", "all"]


@dataclass(frozen=True)
class Events:
    """E events in time; their clips are numbered as in the weak labels."""

    clip_E: npt.NDArray[np.int64]
    class_E: npt.NDArray[np.int64]
    onset_ms_E: npt.NDArray[np.int64]
    offset_ms_E: npt.NDArray[np.int64]


@dataclass(frozen=True)
class Recovery:
    """Of `n_true` true labels and `n_labels` predicted ones, `n_correct` are both.

    The scope "beyond weak" leaves the clip's weak labels out of both: `n_true` counts the labels that the weak labels
    lack.
    """

    labels: str  # the window's key
    unit: Unit
    scope: Scope
    threshold: float
    n_true: int
    n_labels: int
    n_correct: int
    recall: float | None  # None: nothing is true
    precision: float | None  # None: nothing is predicted


def read_events(path: Path, weak: SoftLabels) -> Events:
    """Read a corpus's strong.parquet: the events of the clips of `weak`.

    The number of events of other classes is logged.
    """
    table = read_parquet(path, STRONG, "table of events", "metadata")
    number = {clip: n for n, clip in enumerate(weak.clip_ids)}
    rows = [row for row in zip(*(table[name].to_pylist() for name in STRONG.names), strict=True) if row[0] in number]
    known = [row for row in rows if row[3] in weak.vocabulary.index]
    if len(known) < len(rows):
        log(
            f"{path}: {len(rows) - len(known)} of {len(rows)} events are of classes outside the vocabulary and left out"
        )
    values = [
        (number[clip], weak.vocabulary.index[mid], to_units(onset, 1000), to_units(offset, 1000))
        for clip, onset, offset, mid in known
    ]
    return Events(*np.array(values, np.int64).reshape(-1, 4).T)


def recovery(
    key: str, labels: SoftLabels, weak: SoftLabels, events: Events, *, thresholds: tuple[float, ...]
) -> list[Recovery]:
    """Recall and precision per clip and per window at each threshold, beyond the weak labels and over all labels.

    Raises PslError unless `labels` and `weak` are of the same clips.
    """
    if labels.clip_ids != weak.clip_ids:
        raise PslError(
            f"the labels of window {key} are of {len(labels.clip_ids)} clips and the weak labels of "
            f"{len(weak.clip_ids)}, not the same ones: run annotate and weak_labels again"
        )
    weak_codes = clip_labels(weak, 0.5)
    rows = []
    for unit in UNITS:
        true = _true_labels(labels, events, unit)
        for threshold in thresholds:
            predicted = _predicted_labels(labels, events, unit, threshold)
            beyond_weak = [_without_weak(labels, unit, codes, weak_codes) for codes in (true, predicted)]
            rows.append(Recovery(key, unit, "beyond weak", threshold, *_scores(*beyond_weak)))
            rows.append(Recovery(key, unit, "all", threshold, *_scores(true, predicted)))
    return rows


def _true_labels(labels: SoftLabels, events: Events, unit: Unit) -> Codes:
    """The codes (see psl.labels.counts) of the true labels."""
    classes = len(labels.vocabulary)
    if unit == "clip":
        return np.unique(events.clip_E * classes + events.class_E)
    window, class_id = true_in_windows(events, labels.clip_W, labels.start_ms_W, labels.duration_ms_W)
    return np.unique(window * classes + class_id)


def true_in_windows(events: Events, clip_W: Ints, start_ms_W: Ints, duration_ms_W: Ints) -> tuple[Ints, Ints]:
    """The window and the class of each event in each window that it overlaps; `clip_W` is ascending."""
    first_E, end_E = (np.searchsorted(clip_W, events.clip_E, side=side) for side in ("left", "right"))
    event, window = ranges(first_E, end_E)
    start, end = start_ms_W[window], start_ms_W[window] + duration_ms_W[window]
    overlap = (events.onset_ms_E[event] < end) & (events.offset_ms_E[event] > start)
    return window[overlap], events.class_E[event[overlap]]


def _predicted_labels(labels: SoftLabels, events: Events, unit: Unit, threshold: float) -> Codes:
    """The codes of the labels above the threshold, in clips with events."""
    has_events_N = np.zeros(len(labels.clip_ids), bool)
    has_events_N[events.clip_E] = True
    codes = clip_labels(labels, threshold) if unit == "clip" else window_labels(labels, threshold)
    number = codes // len(labels.vocabulary)
    return codes[has_events_N[number if unit == "clip" else labels.clip_W[number]]]


def _without_weak(labels: SoftLabels, unit: Unit, codes: Codes, weak_codes: Codes) -> Codes:
    """The codes without those of the clips' weak labels."""
    return codes[~np.isin(codes if unit == "clip" else to_clips(labels, codes), weak_codes)]


def _scores(true: Codes, predicted: Codes) -> tuple[int, int, int, float | None, float | None]:
    """The last five fields of Recovery."""
    n_correct = len(np.intersect1d(true, predicted, assume_unique=True))
    recall, precision = (n_correct / len(codes) if len(codes) else None for codes in (true, predicted))
    return len(true), len(predicted), n_correct, recall, precision
