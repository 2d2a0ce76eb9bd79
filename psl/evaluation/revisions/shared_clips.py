"""What two evaluations share: clips of the same sound with the same labels, and classes that both models have."""

from typing import NamedTuple

import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pyarrow.compute as pc

from psl.evaluation.revisions.evaluated import Evaluated
from psl.io.clip_scores import ModelScores
from psl.io.metadata.manifest import known_targets, weak_targets
from psl.io.metadata.vocabulary import Vocabulary
from psl.runtime.errors import PslError

Bools = npt.NDArray[np.bool_]
SOUND = ("audio_hash", "start_s", "end_s")  # what a clip sounds like, by the manifest


class Shared(NamedTuple):
    """N shared clips and C shared classes, and the scores of whole clips by each seed of both models, p_NC."""

    vocabulary: Vocabulary
    y_NC: Bools
    known_NC: Bools
    first: list[npt.NDArray[np.float32]]
    second: list[npt.NDArray[np.float32]]


def shared_clips(one: Evaluated, other: Evaluated) -> Shared:
    """What both evaluations share. Raises PslError when that is nothing."""
    clip_ids = sorted({*one.scores.clip_ids} & {*other.scores.clip_ids})
    mids = [mid for mid in one.scores.vocabulary.mids if mid in other.scores.vocabulary.index]
    if clip_ids and mids:
        (ours, y_NC, known_NC), (theirs, *labels) = (_known(each, clip_ids, mids) for each in (one, other))
        same_N = (y_NC == labels[0]).all(axis=1) & (known_NC == labels[1]).all(axis=1) & (ours == theirs)
        if same_N.any():
            numbers = [other.corpus.index[mid] for mid in mids]
            shared = [clip_id for clip_id, same in zip(clip_ids, same_N, strict=True) if same]
            scores = (_scores(each.scores, shared, mids) for each in (one, other))
            return Shared(other.corpus.only(numbers), y_NC[same_N], known_NC[same_N], *scores)
    raise PslError(
        f"{one.key} at {one.revision} ({len(one.scores.clip_ids)} clips, {len(one.scores.vocabulary)} classes) and at "
        f"{other.revision} ({len(other.scores.clip_ids)} clips, {len(other.scores.vocabulary)} classes) share "
        f"{len(mids)} classes and no clip of the same sound with the same labels: evaluate both on one corpus"
    )


def _known(of: Evaluated, clip_ids: list[str], mids: list[str]) -> tuple[npt.NDArray[np.object_], Bools, Bools]:
    """What the clips sound like, and their weak labels and which of these are known, in the classes `mids`."""
    rows = of.manifest.take(pc.index_in(pa.array(clip_ids, pa.string()), of.manifest["clip_id"].combine_chunks()))
    numbers = [of.corpus.index[mid] for mid in mids]
    y_NC, known_NC = weak_targets(rows, of.corpus)[:, numbers], known_targets(rows, of.corpus)
    sounds = np.array([str(row) for row in zip(*(rows[name].to_pylist() for name in SOUND), strict=True)], np.object_)
    return sounds, y_NC, np.ones_like(y_NC) if known_NC is None else known_NC[:, numbers]


def _scores(scores: ModelScores, clip_ids: list[str], mids: list[str]) -> list[npt.NDArray[np.float32]]:
    row = {clip_id: number for number, clip_id in enumerate(scores.clip_ids)}
    row_N, number_C = [row[clip_id] for clip_id in clip_ids], [scores.vocabulary.index[mid] for mid in mids]
    return [seed.p_NC[np.ix_(row_N, number_C)] for seed in scores.seeds.values()]
