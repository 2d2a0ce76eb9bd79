"""The numbers of label counts and recovery that are compared from run to run, at one threshold."""

from collections.abc import Sequence
from dataclasses import asdict
from typing import Any

from psl.label_counts import summary
from psl.label_recovery import Recovery
from psl.labels import SoftLabels


def shown_threshold(thresholds: Sequence[float]) -> float:
    """The threshold of the picture and the metrics: the middle one, the upper of two.

    >>> shown_threshold((0.5, 0.1, 0.3)), shown_threshold((0.2, 0.4))
    (0.3, 0.4)
    """
    return sorted(thresholds)[len(thresholds) // 2]


def metrics(labels: dict[str, SoftLabels], recovered: Sequence[Recovery], thresholds: Sequence[float], many: int) -> dict[str, Any]:
    """For each key, per clip: mean labels, share with none, share with more than `many`; where known, the dropped labels' recovery."""
    threshold = shown_threshold(thresholds)
    found: dict[str, Any] = {key: asdict(summary(soft, "clip", threshold, many)) for key, soft in labels.items()}
    for row in recovered:
        if row.threshold == threshold and row.scope == "beyond weak" and row.unit == "clip":
            found[row.labels] |= {"dropped_recall": row.recall, "dropped_precision": row.precision}
    return {"threshold": threshold, "many": many, "n_clips": len(next(iter(labels.values())).clip_ids), "labels": found}
