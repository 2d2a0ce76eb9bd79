"""Splits of the training clips by whole sources: what validates, the same for all models, and parts to cross-fit."""

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


def parts_of_sources(source_N: Sequence[str], parts: int, seed: int = SEED) -> npt.NDArray[np.int64]:
    """The part, from 1 to `parts`, of each of N clips, shape (N,): whole sources, and about as many clips in each part.

    The largest source comes first, equal ones in the order of a seeded hash, and each joins the part with the fewest
    clips so far. Raises PslError for fewer sources than parts.
    """
    clips, clips_in = Counter(source_N), dict.fromkeys(range(1, parts + 1), 0)
    if len(clips) < parts:
        raise PslError(
            f"train_annotator.cross_fit_parts {parts} needs as many sources, and the {len(source_N)} clips that train "
            f"are of {len(clips)}: choose fewer parts, or null"
        )
    part_of = {}
    for source in sorted(clips, key=lambda source: (-clips[source], hash_json([seed, "part", source]))):
        part_of[source] = min(clips_in, key=clips_in.__getitem__)
        clips_in[part_of[source]] += clips[source]
    return np.array([part_of[source] for source in source_N], np.int64)
