"""Pairs of clips that share a name, be it of a recording, of its bytes or of a source, by one sorted join."""

from typing import NamedTuple

import numpy as np
import numpy.typing as npt

from psl.errors import PslError
from psl.labels import ranges
from psl.leaks.clips import Clips, Ints, Named

MOST_PAIRS = 20_000_000


class Pairs(NamedTuple):
    """P pairs of clip numbers. `a` trains and `b` evaluates, or both evaluate, in different corpora, and a < b."""

    a_P: Ints
    b_P: Ints


def same(clips: Clips, named: Named) -> tuple[Pairs, npt.NDArray[np.bool_]]:
    """The pairs with the same name, and which of them share some of its stretch. Raises PslError when they are too many to list."""
    evaluates_N = ~clips.trains_S[clips.set_N] & (named.name_N >= 0)
    held = np.flatnonzero(evaluates_N)
    held = held[np.argsort(named.name_N[held], kind="stable")]
    asking = np.flatnonzero(clips.trains_S[clips.set_N] & (named.name_N >= 0))
    asking = np.concatenate([asking, np.flatnonzero(evaluates_N & _in_two_corpora(clips, named, held))])
    first_A, end_A = (np.searchsorted(named.name_N[held], named.name_N[asking], side) for side in ("left", "right"))
    if (end_A - first_A).sum() > MOST_PAIRS:
        most = asking[np.argmax(end_A - first_A)]
        raise PslError(
            f"more than {MOST_PAIRS} pairs of clips share a source or their audio, such as {clips.clip_ids[most]} with {(end_A - first_A).max()} "
            "evaluation clips: see to the sources of that corpus"
        )
    row_P, place_P = ranges(first_A, end_A)
    a_P, b_P = asking[row_P], held[place_P]
    wanted_P = comparable(clips, a_P, b_P)
    a_P, b_P = a_P[wanted_P], b_P[wanted_P]
    begin_P, finish_P = np.maximum(*named.stretch_N2[[a_P, b_P], 0]), np.minimum(*named.stretch_N2[[a_P, b_P], 1])
    return Pairs(a_P, b_P), begin_P < finish_P


def comparable(clips: Clips, a_P: Ints, b_P: Ints) -> npt.NDArray[np.bool_]:
    """Which pairs of a clip and an evaluation clip are asked for, see Pairs."""
    a_set_P, b_set_P = clips.set_N[a_P], clips.set_N[b_P]
    across_P = (clips.corpus_S[a_set_P] != clips.corpus_S[b_set_P]) & (a_P < b_P)
    chosen: npt.NDArray[np.bool_] = clips.trains_S[a_set_P] | across_P
    return chosen


def _in_two_corpora(clips: Clips, named: Named, held: Ints) -> npt.NDArray[np.bool_]:
    """Whether each clip's name is one of evaluation clips of more than one corpus: a whole set may be one source."""
    corpus_H, name_H = clips.corpus_S[clips.set_N[held]], named.name_N[held]
    codes = np.unique(name_H * len(clips.sets) + corpus_H) // max(len(clips.sets), 1)
    return np.isin(named.name_N, codes[1:][codes[1:] == codes[:-1]])
