"""The learning rate of each step: a linear warm-up, then held or down to 0 along a cosine."""

import math

from psl.config import TrainingParams


def learning_rate(step: int, steps: int, params: TrainingParams) -> float:
    """Rate of step 0 <= `step` < `steps`; the warm-up reaches params.learning_rate at the end of its share of them.

    >>> from types import SimpleNamespace
    >>> shape = SimpleNamespace(learning_rate=1.0, warm_up_share=0.2, schedule="cosine")
    >>> [round(learning_rate(step, 10, shape), 3) for step in range(10)]
    [0.5, 1.0, 1.0, 0.962, 0.854, 0.691, 0.5, 0.309, 0.146, 0.038]
    """
    warm_up = math.ceil(params.warm_up_share * steps)
    if step < warm_up:
        return params.learning_rate * (step + 1) / warm_up
    if params.schedule == "constant":
        return params.learning_rate
    return params.learning_rate * (1 + math.cos(math.pi * (step - warm_up) / (steps - warm_up))) / 2
