"""Overlap in numbers: a row for each pair of sets, and metrics for DVC."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np

from psl.corpora.overlap.clips import ClipCatalog, Ints
from psl.corpora.overlap.pairs import KINDS, RELATIONS, OverlapPairs


@dataclass(frozen=True)
class OverlapCount:
    """Pairs of one kind between a set and an evaluation set, and how many different clips of either set they hold."""

    relation: str
    kind: str
    set: str
    evaluation_set: str
    pairs: int
    clips: int
    evaluation_clips: int


def count_overlap(clips: ClipCatalog, pairs: OverlapPairs) -> list[OverlapCount]:
    """One row for each relation, kind and pair of sets that has any."""
    keys = np.stack([pairs.relation_P, pairs.kind_P, clips.set_N[pairs.a_P], clips.set_N[pairs.b_P]], axis=1)
    rows, row_P = np.unique(keys, axis=0, return_inverse=True)
    return [
        _count(clips, pairs, row.tolist(), np.flatnonzero(row_P.ravel() == number)) for number, row in enumerate(rows)
    ]


def _count(clips: ClipCatalog, pairs: OverlapPairs, row: list[int], members: Ints) -> OverlapCount:
    relation, kind, a_set, b_set = row
    return OverlapCount(
        relation=RELATIONS[relation],
        kind=KINDS[kind],
        set=set_name(clips, a_set),
        evaluation_set=set_name(clips, b_set),
        pairs=len(members),
        clips=len(np.unique(pairs.a_P[members])),
        evaluation_clips=len(np.unique(pairs.b_P[members])),
    )


def metrics(clips: ClipCatalog, pairs: OverlapPairs, excluded: Ints, not_compared: Mapping[str, int]) -> dict[str, Any]:
    """Numbers by relation, kind and pair of sets; by set all clips, those without a fingerprint and those excluded."""
    rows = count_overlap(clips, pairs)
    clips_S = np.bincount(clips.set_N, minlength=len(clips.sets)).tolist()
    excluded_S = np.bincount(clips.set_N[excluded], minlength=len(clips.sets)).tolist()
    names = [set_name(clips, number) for number in range(len(clips.sets))]
    by_sets: dict[str, dict[str, dict[str, int]]] = {}
    for row in rows:
        by_kind = by_sets.setdefault(row.relation, {}).setdefault(f"{row.set} > {row.evaluation_set}", {})
        by_kind[row.kind] = row.evaluation_clips
    by_relation = {
        relation: {kind: sum(r.pairs for r in rows if (r.relation, r.kind) == (relation, kind)) for kind in KINDS}
        for relation in RELATIONS
    }
    return {
        "n_pairs": by_relation,
        "n_evaluation_clips": by_sets,
        "n_clips": dict(zip(names, clips_S, strict=True)),
        "n_clips_not_compared": dict(not_compared),
        "n_clips_excluded": {name: count for name, count in zip(names, excluded_S, strict=True) if count}
        | {"all": len(excluded)},
    }


def set_name(clips: ClipCatalog, number: int) -> str:
    """`corpus/subset`."""
    return "/".join(clips.sets[number])
