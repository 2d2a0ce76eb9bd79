"""What was found, one row a pair of clips: by which kind, how near, whether it leaks, and which clip is left out for it.

Kinds, and a pair counts once, by the first that holds:
    id      stretches of the same published recording that overlap (clips of one id do)
    audio   the same bytes, or overlapping stretches of them
    source  the same recording elsewhere in time, or the same group of recordings
    near    fingerprints that hardly differ: re-encoded, louder, filtered, shifted
Relations:
    leak                a model trained on the first clip is scored on the second: models are trained on one corpus first, then
                        on the one that they are scored on
    apart               a training and an evaluation clip of corpora that no model goes from one to the other
    shared evaluation   two evaluation sets hold the same: their scores are not independent, but nothing leaks
"""

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import numpy.typing as npt
import pyarrow as pa

from psl.leaks.clips import Clips, Ints
from psl.leaks.near import Near
from psl.leaks.same import same
from psl.parquet_tables import write_parquet
from psl.schemas import LEAK_PAIRS

KINDS = ("id", "audio", "source", "near")
RELATIONS = ("leak", "apart", "shared evaluation")
LEAK, APART, SHARED = range(3)
DIGITS = 4  # of distances


@dataclass(frozen=True)
class Found:
    """P pairs, sorted: clip numbers, number of the kind in KINDS, distance or infinity, number of the relation in RELATIONS."""

    a_P: Ints
    b_P: Ints
    kind_P: Ints
    distance_P: npt.NDArray[np.float64]
    relation_P: Ints

    def __len__(self) -> int:
        return len(self.a_P)


def find(clips: Clips, near: Near, first: str) -> Found:
    """The pairs by name and by fingerprint, each once; `first` is the corpus that every model is trained on first."""
    parts = []
    for named, overlapping, apart in (
        (clips.recording, "id", "source"),
        (clips.audio, "audio", "source"),
        (clips.source, "source", "source"),
    ):
        pairs, overlap_P = same(clips, named)
        parts.append(
            (pairs.a_P, pairs.b_P, np.where(overlap_P, KINDS.index(overlapping), KINDS.index(apart)), np.full(len(overlap_P), np.inf))
        )
    parts.append((near.a_P, near.b_P, np.full(len(near.a_P), KINDS.index("near")), near.distance_P))
    a_Q, b_Q, kind_Q, distance_Q = (np.concatenate(column) for column in zip(*parts, strict=True))
    order = np.lexsort((kind_Q, b_Q, a_Q))
    a_Q, b_Q = a_Q[order], b_Q[order]
    first_P = np.flatnonzero(np.r_[True, (a_Q[1:] != a_Q[:-1]) | (b_Q[1:] != b_Q[:-1])][: len(order)])
    nearest_P = np.minimum.reduceat(distance_Q[order], first_P) if len(first_P) else np.empty(0)
    a_P, b_P = a_Q[first_P], b_Q[first_P]
    return Found(a_P, b_P, kind_Q[order][first_P], nearest_P, _relations(clips, a_P, b_P, first))


def excluded(clips: Clips, found: Found, side: str, kinds: Sequence[str]) -> Ints:
    """Numbers of the clips to leave out: of each leak of these kinds the training or the evaluation clip, or for "none" neither."""
    if side == "none":
        return np.empty(0, np.int64)
    chosen_P = (found.relation_P == LEAK) & np.isin(found.kind_P, [KINDS.index(kind) for kind in kinds])
    return np.unique((found.a_P if side == "training" else found.b_P)[chosen_P])


def write_pairs(path: Path, clips: Clips, found: Found) -> None:
    """Write the rows of LEAK_PAIRS. Same pairs, same bytes."""
    columns = [*_names(clips, found.a_P), *_names(clips, found.b_P)]
    columns.append(pa.array(np.array(KINDS, object)[found.kind_P], pa.string()))
    columns.append(pa.array(np.round(found.distance_P, DIGITS), mask=~np.isfinite(found.distance_P)))
    columns.append(pa.array(np.array(RELATIONS, object)[found.relation_P], pa.string()))
    write_parquet(path, pa.table(columns, schema=LEAK_PAIRS))


def _relations(clips: Clips, a_P: Ints, b_P: Ints, first: str) -> Ints:
    a_set_P, b_set_P = clips.set_N[a_P], clips.set_N[b_P]
    first_S = np.array([corpus == first for corpus, _ in clips.sets], bool)
    heard_P = first_S[a_set_P] | (clips.corpus_S[a_set_P] == clips.corpus_S[b_set_P])
    return np.where(clips.trains_S[a_set_P], np.where(heard_P, LEAK, APART), SHARED).astype(np.int64)


def _names(clips: Clips, number_P: Ints) -> list[pa.Array]:
    sets = [clips.sets[number] for number in clips.set_N[number_P]]
    return [
        pa.array([corpus for corpus, _ in sets], pa.string()),
        pa.array([subset for _, subset in sets], pa.string()),
        clips.clip_ids.take(number_P),
    ]
