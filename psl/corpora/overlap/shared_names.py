"""Pairs of clips that share a name, be it of a recording, of a file's bytes or of a source, by one sorted join."""

from typing import NamedTuple

import numpy as np
import numpy.typing as npt

from psl.corpora.overlap.clips import ClipCatalog, Ints, NamedIntervals
from psl.io.labels.soft_labels import ranges
from psl.runtime.errors import PslError

MAX_PAIRS = 20_000_000


class ClipPairs(NamedTuple):
    """P pairs of clip numbers: `a` trains and `b` evaluates, or both evaluate, in different corpora, and a < b."""

    a_P: Ints
    b_P: Ints


def pairs_by_name(clips: ClipCatalog, names: NamedIntervals) -> tuple[ClipPairs, npt.NDArray[np.bool_]]:
    """The pairs with the same name, and whether their intervals overlap. Raises PslError for more than MAX_PAIRS."""
    trains_N, is_named_N = clips.trains_S[clips.set_N], names.name_N >= 0
    evaluates_N = ~trains_N & is_named_N
    reference = np.flatnonzero(evaluates_N)
    reference = reference[np.argsort(names.name_N[reference], kind="stable")]
    shared_N = evaluates_N & _in_two_corpora(clips, names, reference)
    query = np.concatenate([np.flatnonzero(trains_N & is_named_N), np.flatnonzero(shared_N)])
    sorted_names = names.name_N[reference]
    first_Q, end_Q = (np.searchsorted(sorted_names, names.name_N[query], side) for side in ("left", "right"))
    if (end_Q - first_Q).sum() > MAX_PAIRS:
        largest = np.argmax(end_Q - first_Q)
        raise PslError(
            f"more than {MAX_PAIRS} pairs of clips share a source or their audio, "
            f"such as {clips.clip_ids[query[largest]]} with {(end_Q - first_Q)[largest]} evaluation clips: "
            "check the sources of that corpus"
        )
    row_P, place_P = ranges(first_Q, end_Q)
    a_P, b_P = query[row_P], reference[place_P]
    comparable_P = is_comparable(clips, a_P, b_P)
    a_P, b_P = a_P[comparable_P], b_P[comparable_P]
    start_P = np.maximum(*names.interval_ms_N2[[a_P, b_P], 0])
    end_P = np.minimum(*names.interval_ms_N2[[a_P, b_P], 1])
    return ClipPairs(a_P, b_P), start_P < end_P


def is_comparable(clips: ClipCatalog, a_P: Ints, b_P: Ints) -> npt.NDArray[np.bool_]:
    """Which pairs of a clip and an evaluation clip are ClipPairs."""
    a_set_P, b_set_P = clips.set_N[a_P], clips.set_N[b_P]
    across_corpora_P = (clips.corpus_S[a_set_P] != clips.corpus_S[b_set_P]) & (a_P < b_P)
    comparable_P: npt.NDArray[np.bool_] = clips.trains_S[a_set_P] | across_corpora_P
    return comparable_P


def _in_two_corpora(clips: ClipCatalog, names: NamedIntervals, reference: Ints) -> npt.NDArray[np.bool_]:
    """Whether evaluation clips of more than one corpus have the clip's name: a whole set may be one source."""
    corpus_R, name_R = clips.corpus_S[clips.set_N[reference]], names.name_N[reference]
    codes = np.unique(name_R * len(clips.sets) + corpus_R) // max(len(clips.sets), 1)
    return np.isin(names.name_N, codes[1:][codes[1:] == codes[:-1]])
