"""How many labels a clip or a window has: the label-count distribution of the paper's figure, for weak and soft labels.

A label is a class whose probability is above the threshold; a clip's labels are the union over its windows.
"""

from dataclasses import dataclass
from typing import Literal

import numpy as np
import numpy.typing as npt

from psl.io.labels.soft_labels import SoftLabels
from psl.io.schemas import Q_ONE
from psl.runtime.errors import PslError

Unit = Literal["clip", "window"]
UNITS: tuple[Unit, ...] = ("clip", "window")
Codes = npt.NDArray[np.int64]  # each label as clip x C + class, or window x C + class


@dataclass(frozen=True)
class LabelCount:
    """`count` clips or windows, a `share` of all, have exactly `n_labels` labels."""

    labels: str  # "weak", or the window's key
    unit: Unit
    threshold: float
    n_labels: int
    count: int
    share: float


@dataclass(frozen=True)
class CountSummary:
    """The distribution in three numbers."""

    mean: float  # labels per clip or window
    share_none: float
    share_many: float  # with more than `many_labels` labels


def label_counts(key: str, labels: SoftLabels, thresholds: tuple[float, ...]) -> list[LabelCount]:
    """The distribution per clip and per window at each threshold, from no labels up to the largest number."""
    rows = []
    for unit in UNITS:
        for threshold in thresholds:
            counts = np.bincount(labels_per_unit(labels, unit, threshold), minlength=1)
            shares = counts / max(counts.sum(), 1)
            pairs = enumerate(zip(counts.tolist(), shares.tolist(), strict=True))
            rows += [LabelCount(key, unit, threshold, n_labels, count, share) for n_labels, (count, share) in pairs]
    return rows


def count_summary(labels: SoftLabels, unit: Unit, threshold: float, many_labels: int) -> CountSummary:
    """Mean, share with none, share with more than `many_labels`. Raises PslError when there are no clips."""
    count_U = labels_per_unit(labels, unit, threshold)
    if not len(count_U):
        raise PslError("there is no clip to count labels of: the labels hold none")
    return CountSummary(float(count_U.mean()), float((count_U == 0).mean()), float((count_U > many_labels).mean()))


def labels_per_unit(labels: SoftLabels, unit: Unit, threshold: float) -> npt.NDArray[np.int64]:
    """Number of labels of each clip (N,) or of each window (W,)."""
    codes = clip_labels(labels, threshold) if unit == "clip" else window_labels(labels, threshold)
    n_units = len(labels.clip_ids) if unit == "clip" else len(labels)
    return np.bincount(codes // len(labels.vocabulary), minlength=n_units)


def window_labels(labels: SoftLabels, threshold: float) -> Codes:
    """The window codes of the labels, ascending.

    Raises PslError for a threshold below the labels' minimum probability.
    """
    if threshold < labels.min_probability:
        raise PslError(
            f"label_counts.thresholds {threshold} is below annotate.min_probability {labels.provenance['floor']}, "
            "under which labels are not kept: raise the threshold or lower the minimum probability"
        )
    kept = np.flatnonzero(labels.q_K > round(threshold * Q_ONE))
    window = np.searchsorted(labels.offsets, kept, side="right") - 1
    return window * len(labels.vocabulary) + labels.class_K[kept]


def clip_labels(labels: SoftLabels, threshold: float) -> Codes:
    """The clip codes of the labels, ascending and distinct: the union over each clip's windows."""
    return np.unique(to_clips(labels, window_labels(labels, threshold)))


def to_clips(labels: SoftLabels, codes: Codes) -> Codes:
    """The clip code of each window code."""
    window, class_id = np.divmod(codes, len(labels.vocabulary))
    return labels.clip_W[window] * np.int64(len(labels.vocabulary)) + class_id
