"""How many labels clips truly have, where events are annotated in time: what label counts are to be held against."""

from collections.abc import Sequence

import numpy as np

from psl.io.labels.soft_labels import Ints
from psl.labels.counts import CountSummary, LabelCount
from psl.labels.recovery import Events

TRUTH = "truth"  # the key of the true labels among those of label sets


def true_label_counts(events: Events, n_classes: int) -> Ints:
    """The number of classes (M,) in each of the M clips that have an event; of others the truth is not known."""
    codes = np.unique(events.clip_E * n_classes + events.class_E)
    return np.unique(codes // n_classes, return_counts=True)[1].astype(np.int64)


def truth_rows(count_M: Ints, thresholds: Sequence[float]) -> list[LabelCount]:
    """The distribution as rows beside those of psl.labels.counts, the same at each threshold."""
    if not len(count_M):
        return []
    counts = np.bincount(count_M).tolist()
    return [
        LabelCount(TRUTH, "clip", threshold, n_labels, count, count / len(count_M))
        for threshold in thresholds
        for n_labels, count in enumerate(counts)
    ]


def truth_summary(count_M: Ints, many_labels: int) -> CountSummary | None:
    """The distribution in three numbers; None where no clip has an event."""
    if not len(count_M):
        return None
    return CountSummary(float(count_M.mean()), 0.0, float((count_M > many_labels).mean()))
