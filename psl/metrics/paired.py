"""Two models on the same clips: their difference, its interval, and how likely chance alone would bring as much.

Both are scored on the same draws of clips (psl.metrics.bootstrap with one seed), so what a hard or an easy draw does to both
cancels. The draws' differences, shifted to have the mean 0, are what the difference would be by chance if the models were
equally good; the two-sided p value is the share of them that lie at least as far from 0 as the difference that was found.
That difference itself counts as one more draw (Davison & Hinkley 1997, section 4.2), so p is never below 1 / (draws + 1).
The interval is the same draws' percentile interval, shifted to have the found difference as its mean.

Of 300 pairs of equally good models, each on a simulated set of 120 clips, p fell below .05 in 5 to 7 % of them and
below .1 in 11 to 14 %: a little too often for mAP, whose classes have some fifteen clips there.
"""

from typing import NamedTuple

import numpy as np
import numpy.typing as npt

from psl.metrics.bootstrap import interval

Values = npt.NDArray[np.float64]
ROUNDING = 1e-12  # values that are no further apart are the same


class Paired(NamedTuple):
    """What is said of second - first."""

    difference: float
    low: float
    high: float
    p: float


def paired(first_D: Values, second_D: Values, difference: float, confidence: float) -> Paired:
    """Compare two models by their metric in the same D draws; `difference` is that on the clips themselves, second - first.

    Draws in which a metric is nan do not count. The result does not depend on the order of the draws.
    """
    chance_D = second_D - first_D
    chance_D = chance_D[~np.isnan(chance_D)]
    low, high = interval(chance_D, difference, confidence, least=-1.0)
    as_far = np.abs(chance_D - chance_D.mean()) >= abs(difference) - ROUNDING
    return Paired(difference, low, high, float((1 + as_far.sum()) / (1 + len(chance_D))))
