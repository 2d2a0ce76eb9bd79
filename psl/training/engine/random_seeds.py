"""One seed of torch for each part of a training, so that one that was killed goes on with the same random numbers."""

import numpy as np

FIRST_WEIGHTS = 0  # the interval of what happens before the first one
AUGMENTATION = 1  # a stream of its own beside that of dropout


def torch_seed(seed: int, interval: int, *stream: int) -> int:
    """A seed below 2^63 that depends on all arguments; `interval`, between two validations, counts from 1."""
    return int(np.random.SeedSequence([seed, interval, *stream]).generate_state(1, np.uint64)[0] >> 1)
