"""What was counted, as rows: alarms per hour with their interval, and the thresholds that keep a rate."""

import math
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from psl.io.metadata.vocabulary import Vocabulary
from psl.tagging.false_alarms.listen import Background
from psl.tagging.false_alarms.poisson import mean_limits
from psl.tagging.false_alarms.rate import curves, with_margin
from psl.tagging.thresholds import Thresholds


@dataclass(frozen=True)
class Row:
    """The false alarms of one class; fields are the columns of the CSV."""

    class_id: str
    name: str
    threshold: float  # in use
    alarms: int
    alarms_per_hour: float
    low: float  # of the 95 % interval of alarms per hour
    high: float
    recordings: int  # with an alarm
    share_of_time: float  # in alarm
    rate_threshold: float | None = None  # the lowest that keeps the wanted rate
    rate_alarms: int | None = None  # there


def summarise(
    background: Background, threshold_C: Thresholds, vocabulary: Vocabulary, per_hour: float | None
) -> list[Row]:
    """A row for each class that has a threshold; with `per_hour`, with that for this rate."""
    alarms_NC = np.stack([each.alarms_C for each in background.heard])
    alarm_ms_C = np.sum([each.alarm_ms_C for each in background.heard], axis=0)
    duration_ms = sum(each.duration_ms for each in background.heard)
    rate_C = _at_rate(background, len(vocabulary), per_hour)
    rows = []
    for c in np.flatnonzero(np.isfinite(threshold_C)).tolist():
        counts = (int(alarms_NC[:, c].sum()), int((alarms_NC[:, c] > 0).sum()))
        share = float(alarm_ms_C[c]) / duration_ms
        names = (vocabulary.mids[c], vocabulary.names[c], float(threshold_C[c]))
        rows.append(_row(names, counts, background.hours, share, rate=rate_C[c]))
    return rows


def _row(
    names: tuple[str, str, float],
    counts: tuple[int, int],
    hours: float,
    share: float,
    *,
    rate: tuple[float | None, int | None],
) -> Row:
    alarms, recordings = counts
    low, high = mean_limits(alarms)
    return Row(*names, alarms, alarms / hours, low / hours, high / hours, recordings, share, *rate)


def allowed_alarms(per_hour: float, hours: float) -> int:
    """The most alarms in so many hours that are no more than `per_hour`."""
    return math.floor(per_hour * hours * (1 + 1e-12))  # 3 alarms in 3 hours of rounded length are 1 per hour


def _at_rate(
    background: Background, n_classes: int, per_hour: float | None
) -> Sequence[tuple[float | None, int | None]]:
    """The threshold of each class for the wanted rate, and its alarms."""
    recordings = [each.rises for each in background.heard if each.rises is not None]
    if per_hour is None or not recordings:
        return [(None, None)] * n_classes
    allowed = allowed_alarms(per_hour, background.hours)
    found = curves(recordings, n_classes)
    thresholds = [with_margin(curve.lowest(allowed)) for curve in found]
    return [(threshold, curve.count(threshold)) for threshold, curve in zip(thresholds, found, strict=True)]
