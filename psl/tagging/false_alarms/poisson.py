"""The exact interval of a rate by the number of its events (Garwood 1936), without scipy, which psl does not need."""

import math
from functools import lru_cache

import numpy as np

CONFIDENCE = 0.95
NEAR = 40  # roots of n below n, under which no number counts for means that are within 10 of them
HALVINGS = 80  # of an interval, after which float64 has no numbers left in it


@lru_cache(maxsize=4096)
def mean_limits(n: int) -> tuple[float, float]:
    """The lowest and the highest mean of a Poisson number that do not contradict an observed `n`, two-sided.

    >>> [round(limit, 3) for limit in mean_limits(0)], [round(limit, 3) for limit in mean_limits(10)]
    ([0.0, 3.689], [4.795, 18.39])
    """
    tail = (1 - CONFIDENCE) / 2
    return (_mean_where(n - 1, 1 - tail) if n else 0.0), _mean_where(n, tail)


def _mean_where(n: int, share: float) -> float:
    """The mean of the Poisson number that is at most `n` with the probability `share`, by bisection."""
    first = max(0, n - math.ceil(NEAR * math.sqrt(n)))
    k = np.arange(first, n + 1)
    log_factorial = math.lgamma(first + 1) + np.concatenate([[0.0], np.cumsum(np.log(k[1:]))])
    low, high = max(0.0, n - 10 * math.sqrt(n)), n + 10 * math.sqrt(n) + 10
    for _ in range(HALVINGS):
        mean = (low + high) / 2
        at_most_n = float(np.exp(k * math.log(mean) - mean - log_factorial).sum())
        low, high = (mean, high) if at_most_n > share else (low, mean)
    return (low + high) / 2
