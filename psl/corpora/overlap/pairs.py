"""Pairs of overlapping clips: the kind of overlap, the distance, whether it is a leak, and the clip to exclude.

Kinds, of which a pair has the first that holds:
    id      stretches of the same published recording that overlap (clips with the same id do)
    audio   the same bytes, or overlapping stretches of them
    source  the same recording elsewhere in time, or the same group of recordings
    near    near duplicates by their fingerprints: re-encoded, louder, filtered, shifted
Relations:
    leak                a model trained on the first clip is scored on the second: models are trained on one corpus
                        first, then on the one that they are scored on
    apart               a training and an evaluation clip of corpora that no model goes from one to the other
    shared evaluation   two evaluation sets hold the same: their scores are not independent, but nothing leaks
"""

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import numpy.typing as npt
import pyarrow as pa

from psl.corpora.overlap.clips import ClipCatalog, Ints
from psl.corpora.overlap.fingerprint_index import NearDuplicates
from psl.corpora.overlap.shared_names import pairs_by_name
from psl.io.parquet import write_parquet
from psl.io.schemas import LEAK_PAIRS

KINDS = ("id", "audio", "source", "near")
ID, AUDIO, SOURCE, NEAR = range(4)
RELATIONS = ("leak", "apart", "shared evaluation")
LEAK, APART, SHARED = range(3)
DISTANCE_DIGITS = 4


@dataclass(frozen=True)
class OverlapPairs:
    """P pairs, sorted: clip numbers, index into KINDS, distance or infinity, index into RELATIONS."""

    a_P: Ints
    b_P: Ints
    kind_P: Ints
    distance_P: npt.NDArray[np.float64]
    relation_P: Ints

    def __len__(self) -> int:
        return len(self.a_P)


def find_pairs(clips: ClipCatalog, near: NearDuplicates, training_corpus: str) -> OverlapPairs:
    """The pairs by name and by fingerprint, each once; every model is trained on `training_corpus` first."""
    columns = []
    for names, overlapping in ((clips.recording, ID), (clips.audio, AUDIO), (clips.source, SOURCE)):
        pairs, overlaps_P = pairs_by_name(clips, names)
        kind_P = np.where(overlaps_P, overlapping, SOURCE)
        columns.append((pairs.a_P, pairs.b_P, kind_P, np.full(len(overlaps_P), np.inf)))
    columns.append((near.a_P, near.b_P, np.full(len(near.a_P), NEAR), near.distance_P))
    a_Q, b_Q, kind_Q, distance_Q = (np.concatenate(column) for column in zip(*columns, strict=True))
    order = np.lexsort((kind_Q, b_Q, a_Q))
    a_Q, b_Q = a_Q[order], b_Q[order]
    first_P = np.flatnonzero(np.r_[True, (a_Q[1:] != a_Q[:-1]) | (b_Q[1:] != b_Q[:-1])][: len(order)])
    nearest_P = np.minimum.reduceat(distance_Q[order], first_P) if len(first_P) else np.empty(0)
    a_P, b_P = a_Q[first_P], b_Q[first_P]
    return OverlapPairs(a_P, b_P, kind_Q[order][first_P], nearest_P, _relations(clips, a_P, b_P, training_corpus))


def clips_to_exclude(pairs: OverlapPairs, side: str, kinds: Sequence[str]) -> Ints:
    """Numbers of the clips to exclude: the "training" or "evaluation" clip of each leak of these kinds, or "none"."""
    if side == "none":
        return np.empty(0, np.int64)
    excluded_P = (pairs.relation_P == LEAK) & np.isin(pairs.kind_P, [KINDS.index(kind) for kind in kinds])
    return np.unique((pairs.a_P if side == "training" else pairs.b_P)[excluded_P])


def write_pairs(path: Path, clips: ClipCatalog, pairs: OverlapPairs) -> None:
    """Write the rows of LEAK_PAIRS. Same pairs, same bytes."""
    columns = [*_names(clips, pairs.a_P), *_names(clips, pairs.b_P)]
    columns.append(pa.array(np.array(KINDS, object)[pairs.kind_P], pa.string()))
    columns.append(pa.array(np.round(pairs.distance_P, DISTANCE_DIGITS), mask=~np.isfinite(pairs.distance_P)))
    columns.append(pa.array(np.array(RELATIONS, object)[pairs.relation_P], pa.string()))
    write_parquet(path, pa.table(columns, schema=LEAK_PAIRS))


def _relations(clips: ClipCatalog, a_P: Ints, b_P: Ints, training_corpus: str) -> Ints:
    a_set_P, b_set_P = clips.set_N[a_P], clips.set_N[b_P]
    trains_all_S = np.array([corpus == training_corpus for corpus, _ in clips.sets], bool)
    one_model_P = trains_all_S[a_set_P] | (clips.corpus_S[a_set_P] == clips.corpus_S[b_set_P])
    return np.where(clips.trains_S[a_set_P], np.where(one_model_P, LEAK, APART), SHARED).astype(np.int64)


def _names(clips: ClipCatalog, number_P: Ints) -> list[pa.Array]:
    sets = [clips.sets[number] for number in clips.set_N[number_P]]
    return [
        pa.array([corpus for corpus, _ in sets], pa.string()),
        pa.array([subset for _, subset in sets], pa.string()),
        clips.clip_ids.take(number_P),
    ]
