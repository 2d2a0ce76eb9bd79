"""The validation split: a part of the training clips, by whole sources, the same for all models of a corpus."""

from collections import Counter
from collections.abc import Sequence

import numpy as np
import numpy.typing as npt

from psl.io.hashes import hash_json
from psl.runtime.errors import PslError

SEED = 0  # one split for the annotator and all students, so that their scores compare


def validation_clips(source_N: Sequence[str], share: float, seed: int = SEED) -> npt.NDArray[np.bool_]:
    """Mask of the N training clips, shape (N,), with about `share` of them in the validation part; no source is split.

    Sources are visited in the order of a seeded hash, and one is chosen when that brings the count nearer to the share:
    a clip that is added to a corpus hardly moves any other. Raises PslError for fewer than two sources.
    """
    clips = Counter(source_N)
    if len(clips) < 2:
        raise PslError(
            f"the {len(source_N)} training clips come from {len(clips)} source: a validation part needs at least two"
        )
    order = sorted(clips, key=lambda source: hash_json([seed, source]))
    target, chosen = share * len(source_N), 0
    validating: set[str] = set()
    for source in order[1:]:  # the first always trains
        if abs(chosen + clips[source] - target) < abs(chosen - target):
            validating.add(source)
            chosen += clips[source]
    validating = validating or {min(order[1:], key=lambda source: clips[source])}
    return np.fromiter((source in validating for source in source_N), bool, len(source_N))
