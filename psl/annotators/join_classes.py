"""Joins the corpus's classes and an annotator's: by id, by AudioSet's ontology, by a table; never by name."""

import re
from collections.abc import Mapping, Sequence
from pathlib import Path

from psl.annotators.class_map import ClassMap
from psl.annotators.class_table import read_class_table
from psl.config.class_join import ClassJoin
from psl.corpora.lists.ontology import SoundClass, read_ontology
from psl.io.metadata.vocabulary import Vocabulary
from psl.runtime.errors import PslError

MID = re.compile(r"/[a-z]/\w+")  # AudioSet's ids
SHOWN = 3  # ids in a message

Partners = Mapping[str, set[str]]  # annotator's ids by the corpus's


def join_classes(
    corpus: Vocabulary,
    annotator: Vocabulary,
    params: ClassJoin,
    where: str,
    *,
    audioset: Mapping[str, Sequence[str]] | None = None,
) -> ClassMap:
    """The partners of the corpus's classes; `where` names the parameters, such as annotators.mn04.classes.

    `audioset` has the AudioSet mids of the corpus's ids where they are stated (psl.io.metadata.audioset_mids): a class
    is joined by them and by its own id. Raises PslError when no class at all has a partner, for an ontology without a
    class's mid, and for whatever is wrong with the table.
    """
    stated = audioset or {}
    mids_of = {mid: {mid, *stated.get(mid, ())} for mid in corpus.mids}
    table = read_class_table(Path(params.table), corpus, annotator) if params.table else {}
    if params.ontology:
        class_of = read_ontology(Path(params.ontology))
        side_of = _sides({own: mids for own, mids in mids_of.items() if own not in table}, annotator, table)
        _require_all(side_of, class_of, f"{where}: the ontology {params.ontology}", f"{where}.table")
        mids_of = {own: _with_descendants(mids, class_of) for own, mids in mids_of.items()}
    joined = {**mids_of, **table}
    partners = tuple(
        tuple(sorted(annotator.index[mid] for mid in joined[own] if mid in annotator.index)) for own in corpus.mids
    )
    if not any(partners):
        raise PslError(
            f"{where}: none of the corpus's {_some(corpus)} has a partner among the annotator's {_some(annotator)}: "
            f"state which belong together in {where}.table, a CSV with the header own,teacher"
        )
    return ClassMap(corpus, annotator, partners, params.unmatched)


def _sides(mids_of: Partners, annotator: Vocabulary, table: Partners) -> dict[str, str]:
    """Whose each mid is; those of the annotator that the table names need no place in the ontology."""
    tabled = set().union(*table.values())
    sides = {mid: "the annotator" for mid in annotator.mids if mid not in tabled}
    return sides | {mid: "the corpus" for mids in mids_of.values() for mid in sorted(mids)}


def _require_all(side_of: Mapping[str, str], class_of: Mapping[str, SoundClass], ontology: str, table: str) -> None:
    """Raise PslError unless the ontology has every mid, as children would get lost; ids of other forms are no mids."""
    missing = [mid for mid in side_of if MID.fullmatch(mid) and mid not in class_of]
    if missing:
        more = f", and {len(missing) - 1} more" if len(missing) > 1 else ""
        raise PslError(
            f"{ontology} lacks {missing[0]}, a class of {side_of[missing[0]]}{more}: give AudioSet's own "
            f"ontology.json, name such classes in {table}, or take join: mid"
        )


def _with_descendants(mids: set[str], class_of: Mapping[str, SoundClass]) -> set[str]:
    """The mids and all that lie below them in the ontology."""
    found: set[str] = set()
    waiting = sorted(mids)
    while waiting:
        mid = waiting.pop()
        if mid not in found:
            found.add(mid)
            waiting.extend(class_of[mid].children if mid in class_of else ())
    return found


def _some(vocabulary: Vocabulary) -> str:
    """How many classes, and the first ids."""
    more = len(vocabulary) - SHOWN
    return (
        f"{len(vocabulary)} classes (ids {', '.join(vocabulary.mids[:SHOWN])}{f' and {more} more' if more > 0 else ''})"
    )
