"""Near-same clips: words of fingerprints looked up in an index of the evaluation clips, then few candidates compared in full.

Memory holds the evaluation clips: 16 bytes a word and up to 36 in the index, 12 KB for ten seconds; the others are streamed past. The
work grows with the number of clips, not of pairs.
"""

from collections.abc import Callable
from typing import NamedTuple

import numpy as np
import numpy.typing as npt

from psl.labels import ranges
from psl.leaks.fingerprint import RISES, Ints, Prints

LEAST_BITS = 4  # that rise in a word, or it is too common to be looked up
MOST_PLACES = 256  # of a word in the index, or it is too common as well
CANDIDATES = 6  # for each clip, those with most words in common at one shift
UNLIKE = 0.6  # closer candidates are tried a step earlier and later, too
LEAST_CELLS = 400  # that rise or fall where two clips overlap, in both together: fewer prove nothing
CHANCE = 2.0  # over the root of these cells: what a distance must lie below the limit, because short sounds agree by chance

Floats = npt.NDArray[np.float64]
Comparable = Callable[[Ints, Ints], npt.NDArray[np.bool_]]  # numbers of two clips -> whether that pair is asked for


class Near(NamedTuple):
    """P pairs of clip numbers and their distance: 0 for the same fingerprint, .5 and more for unlike ones."""

    a_P: Ints
    b_P: Ints
    distance_P: Floats


class NearIndex:
    """The words of `held` clips, to be asked for clips near others."""

    def __init__(self, held: Prints) -> None:
        self._held = held
        place_K, rise_K = _telling(held)
        order = np.argsort(rise_K, kind="stable")
        self._place_K = place_K[order]
        self._word_U, first_U, count_U = np.unique(rise_K[order], return_index=True, return_counts=True)
        self._first_U, self._count_U = first_U, np.where(count_U > MOST_PLACES, 0, count_U)
        self._clip_W = _clip_of_word(held)

    def search(self, asked: Prints, most: float, comparable: Comparable) -> Near:
        """The pairs (asked, held) that are less than `most` apart, by a margin that shrinks with what they have to compare."""
        if not len(self._word_U):
            return Near(np.empty(0, np.int64), np.empty(0, np.int64), np.empty(0))
        clip_C, held_C, shift_C = self._candidates(asked, comparable)
        distance_C, margin_C = _distances(asked, self._held, clip_C, held_C, shift_C)
        close = np.flatnonzero(distance_C <= UNLIKE)
        for slack in (-1, 1):
            slid_C, its_margin_C = _distances(asked, self._held, clip_C[close], held_C[close], shift_C[close] + slack)
            margin_C[close] = np.where(slid_C < distance_C[close], its_margin_C, margin_C[close])
            distance_C[close] = np.minimum(distance_C[close], slid_C)
        near_C = np.flatnonzero(distance_C + margin_C <= most)
        near_C = near_C[np.lexsort((distance_C[near_C], held_C[near_C], clip_C[near_C]))]
        pair_C = clip_C[near_C] * len(self._held.number_N) + held_C[near_C]
        best_P = near_C[np.unique(pair_C, return_index=True)[1]]
        return Near(asked.number_N[clip_C[best_P]], self._held.number_N[held_C[best_P]], distance_C[best_P])

    def _candidates(self, asked: Prints, comparable: Comparable) -> tuple[Ints, Ints, Ints]:
        """For each clip the CANDIDATES (clip, held clip, shift in steps) that share most words."""
        word_A, rise_A = _telling(asked)
        at_A = np.minimum(np.searchsorted(self._word_U, rise_A), len(self._word_U) - 1)
        hit_A = self._word_U[at_A] == rise_A
        word_A, at_A = word_A[hit_A], at_A[hit_A]
        row_M, entry_M = ranges(self._first_U[at_A], self._first_U[at_A] + self._count_U[at_A])
        place_M, word_M = self._place_K[entry_M], word_A[row_M]
        clip_M, held_M = _clip_of_word(asked)[word_M], self._clip_W[place_M]
        shift_M = (place_M - self._held.first_N[held_M]) - (word_M - asked.first_N[clip_M])
        wanted_M = comparable(asked.number_N[clip_M], self._held.number_N[held_M])
        reach = 1 + max(len(asked.word_W), len(self._held.word_W))  # no shift is longer
        pair_M = clip_M * len(self._held.number_N) + held_M
        key_C, votes_C = np.unique((pair_M * 2 * reach + shift_M + reach)[wanted_M], return_counts=True)
        pair_C, shift_C = key_C // (2 * reach), key_C % (2 * reach) - reach
        clip_C, held_C = np.divmod(pair_C, len(self._held.number_N))
        best = _most_voted(clip_C, votes_C)
        return clip_C[best], held_C[best], shift_C[best]


def _most_voted(clip_C: Ints, votes_C: Ints) -> Ints:
    """The CANDIDATES of each clip with most votes, of equals the first; clips come in order."""
    order = np.argsort(clip_C * (votes_C.max(initial=0) + 1) - votes_C, kind="stable")
    rank_C = np.arange(len(order)) - np.searchsorted(clip_C, clip_C)
    best: Ints = order[rank_C < CANDIDATES]
    return best


def _distances(asked: Prints, held: Prints, clip_C: Ints, held_C: Ints, shift_C: Ints) -> tuple[Floats, Floats]:
    """The share of rising and falling cells that differ where word w of the clip lies on word w + shift of the held one.

    Infinite where they overlap in too few cells. Beside it the margin for chance, from the number of cells.
    """
    begin_C = np.maximum(0, -shift_C)
    end_C = np.maximum(np.minimum(np.diff(asked.first_N)[clip_C], np.diff(held.first_N)[held_C] - shift_C), begin_C)
    row_V, word_V = ranges(begin_C, end_C)
    ours_V, theirs_V = asked.first_N[clip_C][row_V] + word_V, (held.first_N[held_C] + shift_C)[row_V] + word_V
    x_V, y_V = asked.word_W[ours_V], held.word_W[theirs_V]
    differing_C = np.bincount(row_V, np.bitwise_count(x_V ^ y_V), len(clip_C))
    cells_C = differing_C + 2 * np.bincount(row_V, np.bitwise_count(x_V & y_V), len(clip_C))
    some_C = np.maximum(cells_C, 1)
    return np.where(cells_C >= LEAST_CELLS, differing_C / some_C, np.inf), CHANCE / np.sqrt(some_C)


def _telling(some: Prints) -> tuple[Ints, npt.NDArray[np.uint32]]:
    """The places of words that are looked up, and what rises in them."""
    rise_W = (some.word_W & RISES).astype(np.uint32)
    place_K = np.flatnonzero(np.bitwise_count(rise_W) >= LEAST_BITS)
    return place_K, rise_W[place_K]


def _clip_of_word(some: Prints) -> Ints:
    return np.repeat(np.arange(len(some.number_N)), np.diff(some.first_N))
