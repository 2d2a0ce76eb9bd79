"""The metric of each set, and its value in each class, under one name each.

mAP counts clips without labels, as negatives of every class; mAP@3 and lwlrap rank the classes of a clip and leave such clips out.
"""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt

from psl.errors import PslError
from psl.metrics import rounded
from psl.metrics.average_precision import average_precision
from psl.metrics.ranking import lwlrap, reciprocal_ranks
from psl.transfer.scores import Scored

Truth = npt.NDArray[np.bool_]
Scores = npt.NDArray[np.floating]
Values = npt.NDArray[np.float64]


@dataclass(frozen=True)
class Measure:
    """A metric on clips that all count."""

    classes: Callable[[Truth, Scores], Values]  # shape (C,); nan for a class without clips
    value: Callable[[Truth, Scores], float]
    unlabelled: bool  # whether clips without labels count


def _rank_classes(y_NC: Truth, score_NC: Scores) -> Values:
    """Mean reciprocal rank of the clips of each class."""
    ranks_N, clips_C = reciprocal_ranks(y_NC, score_NC), y_NC.sum(axis=0)
    return np.divide(ranks_N @ y_NC, clips_C, out=np.full(len(clips_C), np.nan), where=clips_C > 0)


MEASURES = {
    "mAP": Measure(average_precision, lambda y_NC, score_NC: float(np.nanmean(average_precision(y_NC, score_NC))), True),
    "mAP@3": Measure(_rank_classes, lambda y_NC, score_NC: float(reciprocal_ranks(y_NC, score_NC).mean()), False),
    "lwlrap": Measure(lambda y_NC, score_NC: lwlrap(y_NC, score_NC).class_C, lambda y_NC, score_NC: lwlrap(y_NC, score_NC).value, False),
}


@dataclass(frozen=True)
class Counted:
    """The clips that count for a metric."""

    measure: Measure
    y_NC: Truth
    score_SNC: dict[int, Scores]
    usage_N: npt.NDArray[np.object_]

    @property
    def value(self) -> float:
        """Mean over seeds."""
        return float(np.mean([self.measure.value(self.y_NC, score_NC) for score_NC in self.score_SNC.values()]))

    @property
    def class_C(self) -> Values:
        """Mean over seeds in each class; nan for a class without clips."""
        return np.mean([self.measure.classes(self.y_NC, score_NC) for score_NC in self.score_SNC.values()], axis=0)

    def of_usage(self, usage: str) -> "Counted":
        """The clips of one half of a competition's test set."""
        return _chosen(self.measure, self.y_NC, self.score_SNC, self.usage_N, self.usage_N == usage)


def counted(metric: str, scored: Scored) -> Counted:
    """The clips of `scored` that count for `metric`. Raises PslError when none has a label."""
    if not scored.y_NC.any():
        raise PslError(f"none of the {len(scored.y_NC)} test clips carries a label of the vocabulary: look at the corpus's test list")
    measure, usage_N = MEASURES[metric], np.array(scored.usage_N, dtype=object)
    return _chosen(measure, scored.y_NC, scored.score_SNC, usage_N, np.logical_or(scored.y_NC.any(axis=1), measure.unlabelled))


def _chosen(measure: Measure, y_NC: Truth, score_SNC: Any, usage_N: npt.NDArray[np.object_], chosen_N: npt.NDArray[np.bool_]) -> Counted:
    return Counted(measure, y_NC[chosen_N], {seed: score_NC[chosen_N] for seed, score_NC in score_SNC.items()}, usage_N[chosen_N])


def summary(metric: str, scored: Scored) -> dict[str, Any]:
    """The metric of one fine-tuned model, flat, for `dvc metrics`; on Public and Private clips too, where the corpus has them."""
    found = counted(metric, scored)
    halves = sorted({usage for usage in found.usage_N if usage is not None})
    return {
        metric: rounded(found.value),
        f"{metric}_seeds": [rounded(found.measure.value(found.y_NC, score_NC)) for score_NC in found.score_SNC.values()],
        **{f"{metric}_{usage.lower()}": rounded(found.of_usage(usage).value) for usage in halves},
        "seeds": list(scored.score_SNC),
        "n_clips": len(found.y_NC),
        "n_clips_without_label": int((~scored.y_NC.any(axis=1)).sum()),
        "n_classes": int(scored.y_NC.any(axis=0).sum()),
        "classes_left_out": scored.classes_left_out,
    }
