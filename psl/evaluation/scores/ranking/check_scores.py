"""The check that labels and scores of clips belong together."""

import numpy as np
import numpy.typing as npt

from psl.runtime.errors import PslError


def check_scores(y_NC: npt.NDArray[np.bool_], score_NC: npt.NDArray[np.floating]) -> None:
    """Raise PslError unless labels and scores are of the same clips and classes, and no score is NaN."""
    if y_NC.shape != score_NC.shape or y_NC.ndim != 2:
        raise PslError(
            f"labels and scores must have the same clips and classes, not the shapes {y_NC.shape} and "
            f"{score_NC.shape}: score the clips again"
        )
    nan_NC = np.isnan(score_NC)
    if nan_NC.any():
        clips, classes = int(nan_NC.any(axis=1).sum()), int(nan_NC.any(axis=0).sum())
        raise PslError(
            f"{clips} of {len(y_NC)} clips, in {classes} classes, have NaN for a score: look at the model that gave "
            "them"
        )
