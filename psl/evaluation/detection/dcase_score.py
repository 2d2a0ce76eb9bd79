"""The ranking score of DCASE's task 4: PSDS-1 and PSDS-2, each relative to a baseline's, averaged."""

from typing import TypeVar

import numpy as np
import numpy.typing as npt

from psl.runtime.errors import PslError

Number = TypeVar("Number", float, npt.NDArray[np.float64])
BASELINE_PSDS1, BASELINE_PSDS2 = 0.315, 0.547  # DCASE 2021's baseline on its evaluation set, in [0, 1]


def dcase_score(
    psds1: Number, psds2: Number, baseline1: float = BASELINE_PSDS1, baseline2: float = BASELINE_PSDS2
) -> Number:
    """(PSDS-1 / baseline1 + PSDS-2 / baseline2) / 2 of numbers or arrays, all as fractions; the baseline itself has 1.

    >>> round(dcase_score(0.452, 0.746), 2)
    1.4
    """
    if not min(baseline1, baseline2) > 0:
        raise PslError(f"the baselines of the DCASE score are {baseline1} and {baseline2}: give numbers above 0")
    return (psds1 / baseline1 + psds2 / baseline2) / 2
