"""What is told of leaks: a table of sets, numbers for `dvc metrics`, and a page of text that names clips."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np

from psl.leaks.clips import Clips, Ints
from psl.leaks.pairs import APART, KINDS, LEAK, RELATIONS, SHARED, Found

NAMED = 20  # pairs of each kind and relation that the text names
TOLD = {
    LEAK: "models trained on the first clip are scored on the second",
    APART: "no model goes from the first clip's corpus to the second's",
    SHARED: "both evaluate: the two scores are not independent",
}


@dataclass(frozen=True)
class Count:
    """Pairs of one kind between a set and an evaluation set, and how many clips of each side they hold."""

    relation: str
    kind: str
    set: str
    evaluation_set: str
    pairs: int
    clips: int
    evaluation_clips: int


def counts(clips: Clips, found: Found) -> list[Count]:
    """One row for each relation, kind and pair of sets that has any."""
    keys = np.stack([found.relation_P, found.kind_P, clips.set_N[found.a_P], clips.set_N[found.b_P]], axis=1)
    rows, of_P = np.unique(keys, axis=0, return_inverse=True)
    return [_count(clips, found, row.tolist(), np.flatnonzero(of_P.ravel() == number)) for number, row in enumerate(rows)]


def _count(clips: Clips, found: Found, row: list[int], members: Ints) -> Count:
    relation, kind, a_set, b_set = row
    distinct = [len(np.unique(numbers[members])) for numbers in (found.a_P, found.b_P)]
    return Count(RELATIONS[relation], KINDS[kind], set_name(clips, a_set), set_name(clips, b_set), len(members), *distinct)


def metrics(clips: Clips, found: Found, left_out: Ints, not_compared: Mapping[str, int]) -> dict[str, Any]:
    """Numbers by relation, kind and pair of sets; clips, clips without a fingerprint and clips left out by set."""
    rows = counts(clips, found)
    per_set = np.bincount(clips.set_N, minlength=len(clips.sets)).tolist()
    out_S = np.bincount(clips.set_N[left_out], minlength=len(clips.sets)).tolist()
    names = [set_name(clips, number) for number in range(len(clips.sets))]
    sets: dict[str, dict[str, dict[str, int]]] = {}
    for row in rows:
        sets.setdefault(row.relation, {}).setdefault(f"{row.set} > {row.evaluation_set}", {})[row.kind] = row.evaluation_clips
    kinds = {
        relation: {kind: sum(r.pairs for r in rows if (r.relation, r.kind) == (relation, kind)) for kind in KINDS} for relation in RELATIONS
    }
    return {
        "n_pairs": kinds,
        "n_evaluation_clips": sets,
        "n_clips": dict(zip(names, per_set, strict=True)),
        "n_clips_not_compared": dict(not_compared),
        "n_clips_excluded": {name: out for name, out in zip(names, out_S, strict=True) if out} | {"all": len(left_out)},
    }


def text(clips: Clips, found: Found, left_out: Ints, side: str) -> str:
    """Markdown: the table of sets, and the first pairs of each kind by name."""
    rows = counts(clips, found)
    told = f"{len(clips)} clips of {len(clips.sets)} sets were compared. Left out (`leaks.exclude: {side}`): {len(left_out)} clips."
    lines = ["# Leaks", "", told, ""]
    if rows:
        header = ("relation", "kind", "set", "evaluation set", "pairs", "clips", "evaluation clips")
        lines += ["| " + " | ".join(header) + " |", "| --- " * 4 + "| ---: " * 3 + "|"]
        lines += ["| " + " | ".join(str(value) for value in vars(row).values()) + " |" for row in rows]
    else:
        lines.append("No clip stands in two of them.")
    for relation in range(len(RELATIONS)):
        for kind in range(len(KINDS)):
            lines += _named(clips, found, relation, kind)
    return "\n".join(lines) + "\n"


def _named(clips: Clips, found: Found, relation: int, kind: int) -> list[str]:
    members = np.flatnonzero((found.relation_P == relation) & (found.kind_P == kind))
    if not len(members):
        return []
    more = f" The first {NAMED} of {len(members)}; data/leaks/pairs.parquet has all." if len(members) > NAMED else ""
    lines = ["", f"## {RELATIONS[relation].capitalize()}, {KINDS[kind]}", "", f"{TOLD[relation].capitalize()}.{more}", ""]
    for pair in members[:NAMED]:
        near = f", distance {found.distance_P[pair]:.3f}" if np.isfinite(found.distance_P[pair]) else ""
        lines.append(f"- {_clip(clips, found.a_P[pair])} and {_clip(clips, found.b_P[pair])}{near}")
    return lines


def _clip(clips: Clips, number: int) -> str:
    return f"`{clips.clip_ids[int(number)]}` ({set_name(clips, int(clips.set_N[number]))})"


def set_name(clips: Clips, number: int) -> str:
    """`corpus/subset`."""
    return "/".join(clips.sets[number])
