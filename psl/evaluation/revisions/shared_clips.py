"""What two evaluations share: clips that both scored, with the same labels, and classes that both models have."""

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

Scores = list[npt.NDArray[np.float32]]  # of whole clips, score_NC of each seed


class Shared(NamedTuple):
    """N shared clips and C shared classes, and the scores of both models."""

    vocabulary: Vocabulary
    y_NC: npt.NDArray[np.bool_]
    known_NC: npt.NDArray[np.bool_] | None
    first: Scores
    second: Scores


def shared_clips(one: Evaluated, other: Evaluated) -> Shared:
    """Find them. Raises PslError when there are none."""
    clip_ids = sorted({*one.scores.clip_ids} & {*other.scores.clip_ids})
    rows = [_rows(each.labels, clip_ids).to_pylist() for each in (one, other)]
    same = [n for n, pair in enumerate(zip(*rows, strict=True)) if pair[0] == pair[1]]
    clip_ids = [clip_ids[n] for n in same]
    numbers = [other.corpus.index[mid] for mid in one.scores.vocabulary.mids if mid in other.scores.vocabulary.index]
    if not clip_ids or not numbers:
        raise PslError(
            f"{one.key} at {one.revision} ({len(one.scores.clip_ids)} clips, {len(one.scores.vocabulary)} classes) and "
            f"at {other.revision} ({len(other.scores.clip_ids)} clips, {len(other.scores.vocabulary)} classes) share "
            f"{len(clip_ids)} clips with the same labels and {len(numbers)} classes: evaluate both on one corpus"
        )
    table, vocabulary = _rows(other.labels, clip_ids), other.corpus.only(numbers)
    known_NC = known_targets(table, other.corpus)
    return Shared(
        vocabulary,
        weak_targets(table, other.corpus)[:, numbers],
        None if known_NC is None else known_NC[:, numbers],
        *(_scores(each.scores, clip_ids, vocabulary) for each in (one, other)),
    )


def _rows(labels: pa.Table, clip_ids: list[str]) -> pa.Table:
    return labels.take(pc.index_in(pa.array(clip_ids, pa.string()), labels["clip_id"].combine_chunks()))


def _scores(scores: ModelScores, clip_ids: list[str], vocabulary: Vocabulary) -> Scores:
    row = {clip_id: number for number, clip_id in enumerate(scores.clip_ids)}
    row_N, number_C = [row[clip_id] for clip_id in clip_ids], [scores.vocabulary.index[mid] for mid in vocabulary.mids]
    return [seed.p_NC[np.ix_(row_N, number_C)] for seed in scores.seeds.values()]
