"""An index of fingerprints: words shared by a query and the reference clips give candidates, compared in full.

Memory holds the reference clips: 16 bytes a word and up to 36 in the index, 12 KB for ten seconds; queries are
streamed. The work grows with the number of clips, not of pairs.
"""

from collections.abc import Callable
from typing import NamedTuple

import numpy as np
import numpy.typing as npt

from psl.corpora.overlap.fingerprint import RISES, Fingerprints, Ints
from psl.io.labels.soft_labels import ranges

MIN_RISING_BITS = 4  # in a word that is looked up: fewer are too common
MAX_PLACES = 256  # of a word in the index: more are too common as well
CANDIDATES = 6  # for each query clip, those with most words in common at one shift
REFINE_DISTANCE = 0.6  # candidates up to this are also compared one step earlier and later
MIN_CELLS = 400  # that rise or fall in the overlap, in both clips together: fewer prove nothing
CHANCE = 2.0  # margin below the limit, over the root of these cells: short sounds agree by chance

Floats = npt.NDArray[np.float64]
IsComparable = Callable[[Ints, Ints], npt.NDArray[np.bool_]]  # numbers of query and reference clips -> mask of pairs


class NearDuplicates(NamedTuple):
    """P pairs of clip numbers and their distance: 0 for the same fingerprint, .5 and more for unrelated ones."""

    a_P: Ints
    b_P: Ints
    distance_P: Floats


class FingerprintIndex:
    """The words of the reference clips, sorted for look-up."""

    def __init__(self, reference: Fingerprints) -> None:
        self._reference = reference
        place_K, rise_K = _distinctive_words(reference)
        order = np.argsort(rise_K, kind="stable")
        self._place_K = place_K[order]
        self._word_U, first_U, count_U = np.unique(rise_K[order], return_index=True, return_counts=True)
        self._first_U, self._count_U = first_U, np.where(count_U > MAX_PLACES, 0, count_U)
        self._clip_W = _clip_of_word(reference)

    def search(self, query: Fingerprints, max_distance: float, is_comparable: IsComparable) -> NearDuplicates:
        """The pairs (query, reference) closer than `max_distance` by a margin that shrinks with the number of cells."""
        if not len(self._word_U):
            return NearDuplicates(np.empty(0, np.int64), np.empty(0, np.int64), np.empty(0))
        query_C, reference_C, shift_C = self._candidates(query, is_comparable)
        distance_C, margin_C = _distances(query, self._reference, query_C, reference_C, shift_C=shift_C)
        close = np.flatnonzero(distance_C <= REFINE_DISTANCE)
        for step in (-1, 1):
            shifted_C, shifted_margin_C = _distances(
                query, self._reference, query_C[close], reference_C[close], shift_C=shift_C[close] + step
            )
            margin_C[close] = np.where(shifted_C < distance_C[close], shifted_margin_C, margin_C[close])
            distance_C[close] = np.minimum(distance_C[close], shifted_C)
        near = np.flatnonzero(distance_C + margin_C <= max_distance)
        near = near[np.lexsort((distance_C[near], reference_C[near], query_C[near]))]
        pair_C = query_C[near] * len(self._reference.number_N) + reference_C[near]
        best_P = near[np.unique(pair_C, return_index=True)[1]]
        return NearDuplicates(
            query.number_N[query_C[best_P]], self._reference.number_N[reference_C[best_P]], distance_C[best_P]
        )

    def _candidates(self, query: Fingerprints, is_comparable: IsComparable) -> tuple[Ints, Ints, Ints]:
        """For each query clip the CANDIDATES (query, reference, shift in steps) that share most words."""
        word_K, rise_K = _distinctive_words(query)
        entry_K = np.minimum(np.searchsorted(self._word_U, rise_K), len(self._word_U) - 1)
        hit_K = self._word_U[entry_K] == rise_K
        word_K, entry_K = word_K[hit_K], entry_K[hit_K]
        row_M, match_M = ranges(self._first_U[entry_K], self._first_U[entry_K] + self._count_U[entry_K])
        place_M, word_M = self._place_K[match_M], word_K[row_M]
        query_M, reference_M = _clip_of_word(query)[word_M], self._clip_W[place_M]
        shift_M = (place_M - self._reference.first_N[reference_M]) - (word_M - query.first_N[query_M])
        comparable_M = is_comparable(query.number_N[query_M], self._reference.number_N[reference_M])
        max_shift = 1 + max(len(query.word_W), len(self._reference.word_W))
        pair_M = query_M * len(self._reference.number_N) + reference_M
        key_C, votes_C = np.unique((pair_M * 2 * max_shift + shift_M + max_shift)[comparable_M], return_counts=True)
        pair_C, shift_C = key_C // (2 * max_shift), key_C % (2 * max_shift) - max_shift
        query_C, reference_C = np.divmod(pair_C, len(self._reference.number_N))
        best = _most_voted(query_C, votes_C)
        return query_C[best], reference_C[best], shift_C[best]


def _most_voted(query_C: Ints, votes_C: Ints) -> Ints:
    """The CANDIDATES of each query clip with most votes, of equals the first; query clips come in order."""
    order = np.argsort(query_C * (votes_C.max(initial=0) + 1) - votes_C, kind="stable")
    rank_C = np.arange(len(order)) - np.searchsorted(query_C, query_C)
    best: Ints = order[rank_C < CANDIDATES]
    return best


def _distances(
    query: Fingerprints, reference: Fingerprints, query_C: Ints, reference_C: Ints, *, shift_C: Ints
) -> tuple[Floats, Floats]:
    """The share of rising and falling cells that differ with the query shifted by `shift_C` steps along the reference.

    Infinite where they overlap in too few cells. The second array is the margin for chance, from the number of cells.
    """
    begin_C = np.maximum(0, -shift_C)
    reference_words_C = np.diff(reference.first_N)[reference_C]
    end_C = np.maximum(np.minimum(np.diff(query.first_N)[query_C], reference_words_C - shift_C), begin_C)
    row_V, word_V = ranges(begin_C, end_C)
    query_V = query.word_W[query.first_N[query_C][row_V] + word_V]
    reference_V = reference.word_W[(reference.first_N[reference_C] + shift_C)[row_V] + word_V]
    differing_C = np.bincount(row_V, np.bitwise_count(query_V ^ reference_V), len(query_C))
    cells_C = differing_C + 2 * np.bincount(row_V, np.bitwise_count(query_V & reference_V), len(query_C))
    divisor_C = np.maximum(cells_C, 1)
    return np.where(cells_C >= MIN_CELLS, differing_C / divisor_C, np.inf), CHANCE / np.sqrt(divisor_C)


def _distinctive_words(fingerprints: Fingerprints) -> tuple[Ints, npt.NDArray[np.uint32]]:
    """The places of the words that are looked up, and their rising bits."""
    rise_W = (fingerprints.word_W & RISES).astype(np.uint32)
    place_K = np.flatnonzero(np.bitwise_count(rise_W) >= MIN_RISING_BITS)
    return place_K, rise_W[place_K]


def _clip_of_word(fingerprints: Fingerprints) -> Ints:
    return np.repeat(np.arange(len(fingerprints.number_N)), np.diff(fingerprints.first_N))
