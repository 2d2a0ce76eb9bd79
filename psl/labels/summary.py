"""The metrics of label counts and recovery at one threshold, which are compared from run to run."""

from collections.abc import Mapping, Sequence
from dataclasses import asdict
from typing import Any

from psl.labels.counts import CountSummary
from psl.labels.recovery import Recovery, Scope

NAMES: Mapping[Scope, tuple[str, str]] = {  # of recall and precision
    "beyond weak": ("dropped_recall", "dropped_precision"),
    "all": ("recall", "precision"),
}


def middle_threshold(thresholds: Sequence[float]) -> float:
    """The threshold of the figure and the metrics: the middle one, the upper of two.

    >>> middle_threshold((0.5, 0.1, 0.3)), middle_threshold((0.2, 0.4))
    (0.3, 0.4)
    """
    return sorted(thresholds)[len(thresholds) // 2]


def metrics(
    counts: Mapping[str, CountSummary],
    recovered: Sequence[Recovery],
    threshold: float,
    *,
    many_labels: int,
    n_clips: int,
) -> dict[str, Any]:
    """For each key, per clip at `threshold`: mean number of labels, shares with none and with more than `many_labels`.

    Where events are known, also recall and precision of all labels, and of those that the weak labels lack.
    """
    summaries: dict[str, Any] = {key: asdict(summary) for key, summary in counts.items()}
    for row in recovered:
        if row.threshold == threshold and row.unit == "clip":
            recall, precision = NAMES[row.scope]
            summaries[row.labels] |= {recall: row.recall, precision: row.precision}
    return {"threshold": threshold, "many": many_labels, "n_clips": n_clips, "labels": summaries}
