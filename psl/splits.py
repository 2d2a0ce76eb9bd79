"""The validation clips: a part of the training clips, taken by whole sources, the same for all models of a corpus."""

from collections import Counter
from collections.abc import Sequence

import numpy as np
import numpy.typing as npt

from psl.errors import PslError
from psl.files import hash_json

SEED = 0  # one split for the annotator and all students, so that their scores compare


def validation_clips(source_N: Sequence[str], share: float, seed: int = SEED) -> npt.NDArray[np.bool_]:
    """Which of N training clips validate, shape (N,): about `share` of them, no source on both sides.

    Sources are gone through in the order of a seeded hash, and one is taken when that brings the count nearer to the
    share; so a clip that is added to a corpus moves hardly any other. Raises PslError for fewer than two sources.
    """
    clips = Counter(source_N)
    if len(clips) < 2:
        raise PslError(f"the {len(source_N)} training clips come from {len(clips)} source: a validation part needs at least two")
    order = sorted(clips, key=lambda source: hash_json([seed, source]))
    goal, taken = share * len(source_N), 0
    validating: set[str] = set()
    for source in order[1:]:  # the first always trains
        if abs(taken + clips[source] - goal) < abs(taken - goal):
            validating.add(source)
            taken += clips[source]
    validating = validating or {min(order[1:], key=lambda source: clips[source])}
    return np.fromiter((source in validating for source in source_N), bool, len(source_N))
