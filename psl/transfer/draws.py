"""Bootstrap draws of each metric of psl.transfer.measures."""

from collections.abc import Callable, Sequence

import numpy as np
import numpy.typing as npt

from psl.metrics.bootstrap import bootstrap_map, bootstrap_ratio
from psl.metrics.ranking import label_precisions, reciprocal_ranks
from psl.transfer.measures import Counted

Truth = npt.NDArray[np.bool_]
Scores = npt.NDArray[np.floating]
Values = npt.NDArray[np.float64]


def draws_of(metric: str, found: Counted, draws: int, seed: int) -> Values:
    """The metric's mean over seeds in each draw of the clips that count for it, shape (D,); models share draws by `seed`."""
    return DRAWS[metric](found.y_NC, list(found.score_SNC.values()), draws, seed)


def _of_ranks(y_NC: Truth, score_SNC: Sequence[Scores], draws: int, seed: int) -> Values:
    return bootstrap_ratio(np.stack([reciprocal_ranks(y_NC, score_NC) for score_NC in score_SNC]), np.ones(len(y_NC)), draws, seed)


def _of_labels(y_NC: Truth, score_SNC: Sequence[Scores], draws: int, seed: int) -> Values:
    sum_SN = np.stack([np.nansum(label_precisions(y_NC, score_NC), axis=1) for score_NC in score_SNC])
    return bootstrap_ratio(sum_SN, y_NC.sum(axis=1).astype(np.float64), draws, seed)


DRAWS: dict[str, Callable[[Truth, Sequence[Scores], int, int], Values]] = {
    "mAP": bootstrap_map,
    "mAP@3": _of_ranks,
    "lwlrap": _of_labels,
}
