"""reports/leaks.md: the table of sets that share clips, and the first pairs of each kind by name."""

import numpy as np

from psl.corpora.overlap.clips import ClipCatalog, Ints
from psl.corpora.overlap.counts import count_overlap, set_name
from psl.corpora.overlap.pairs import APART, KINDS, LEAK, RELATIONS, SHARED, OverlapPairs
from psl.report.tables import markdown_table

TEXT_COLUMNS = ("kind", "set", "evaluation set")
MAX_LISTED = 20  # pairs of each kind and relation on the page
MEANING = {
    LEAK: "models trained on the first clip are scored on the second",
    APART: "no model goes from the first clip's corpus to the second's",
    SHARED: "both evaluate: the two scores are not independent",
}


def overlap_markdown(clips: ClipCatalog, pairs: OverlapPairs, excluded: Ints, side: str) -> str:
    """The page: the table of sets, and the first pairs of each kind by name."""
    rows = count_overlap(clips, pairs)
    cells = [{name.replace("_", " "): str(value) for name, value in vars(row).items()} for row in rows]
    head = (
        f"# Leaks\n\n{len(clips)} clips of {len(clips.sets)} sets were compared. "
        f"Left out (`leaks.exclude: {side}`): {len(excluded)} clips.\n"
    )
    lines = [head, markdown_table(cells, text_columns=TEXT_COLUMNS) if cells else "No clip is in two of them."]
    for relation in range(len(RELATIONS)):
        for kind in range(len(KINDS)):
            lines += _section(clips, pairs, relation, kind)
    return "\n".join(lines) + "\n"


def _section(clips: ClipCatalog, pairs: OverlapPairs, relation: int, kind: int) -> list[str]:
    members = np.flatnonzero((pairs.relation_P == relation) & (pairs.kind_P == kind))
    if not len(members):
        return []
    is_cut = len(members) > MAX_LISTED
    more = f" The first {MAX_LISTED} of {len(members)}; data/leaks/pairs.parquet has all." if is_cut else ""
    title = f"## {RELATIONS[relation].capitalize()}, {KINDS[kind]}"
    lines = ["", title, "", f"{MEANING[relation].capitalize()}.{more}", ""]
    for pair in members[:MAX_LISTED]:
        near = f", distance {pairs.distance_P[pair]:.3f}" if np.isfinite(pairs.distance_P[pair]) else ""
        lines.append(f"- {_clip(clips, pairs.a_P[pair])} and {_clip(clips, pairs.b_P[pair])}{near}")
    return lines


def _clip(clips: ClipCatalog, number: int) -> str:
    return f"`{clips.clip_ids[int(number)]}` ({set_name(clips, int(clips.set_N[number]))})"
