"""Calibrated probabilities of clips by calibrations that never saw them: what a calibration is measured by."""

from collections.abc import Sequence

import numpy as np
import numpy.typing as npt

from psl.io.labels.calibration import Calibration
from psl.labels.calibration.fit import fit_calibration
from psl.labels.calibration.logistic import Lines
from psl.labels.calibration.pairs import Pairs

FOLDS = 5


def folds_of(source_N: Sequence[str]) -> npt.NDArray[np.int64]:
    """A fold from 0 to FOLDS - 1 for each clip: clips of one source share theirs, and each source takes the next.

    >>> folds_of(["b", "a", "b", "c"]).tolist()
    [1, 0, 1, 2]
    """
    number = {source: n for n, source in enumerate(sorted(set(source_N)))}
    return np.array([number[source] % FOLDS for source in source_N], np.int64)


def cross_fitted(
    pairs: Pairs, fitted_C: npt.NDArray[np.bool_], shrinkage_clips: float, fold_N: npt.NDArray[np.int64]
) -> list[tuple[npt.NDArray[np.bool_], Lines]]:
    """For each fold its clips, as a mask, and the calibration fitted to all others; a single fold has its own."""
    if len(np.unique(fold_N)) == 1:
        return [(np.ones(len(pairs), bool), fit_calibration(pairs, fitted_C, shrinkage_clips))]
    masks = [fold_N == fold for fold in np.unique(fold_N)]
    return [(mask_N, fit_calibration(pairs.rows(~mask_N), fitted_C, shrinkage_clips)) for mask_N in masks]


def calibrate_rows(
    p_MC: npt.NDArray[np.floating],
    clip_M: npt.NDArray[np.integer],
    fits: list[tuple[npt.NDArray[np.bool_], Lines]],
) -> npt.NDArray[np.float32]:
    """Each row (a clip or one of its windows) calibrated by the fit that its clip had no part in."""
    calibrated_MC = np.empty(p_MC.shape, np.float32)
    for mask_N, lines in fits:
        rows = mask_N[clip_M]
        calibrated_MC[rows] = Calibration(*lines, labels={})(p_MC[rows])
    return calibrated_MC
