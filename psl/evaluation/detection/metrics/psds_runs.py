"""The different detections of a class over all thresholds: the runs of steps that some threshold makes a detection.

At a threshold u a class's detections in a clip are the longest runs of steps with scores >= u. Over all thresholds
there are at most as many different runs as steps: each exists from its own lowest score down to the higher one of the
two scores at its borders, where it grows into another.

Steps of all clips are laid out in one row, each clip after a place that is lower than every score, so that no run
leaves its clip. Edge t of a clip has the place of step t - 1, and the first edge the low place.
"""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

Ints = npt.NDArray[np.intp]
Floats = npt.NDArray[np.float64]
Bools = npt.NDArray[np.bool_]


@dataclass(frozen=True)
class Places:
    """The row of all steps: each clip's first place, each place's clip and edge; shapes (N + 1,), (P,), (P,)."""

    start_N: Ints
    clip_P: Ints
    edge_P: Floats


@dataclass(frozen=True)
class RankedScores:
    """One class's scores in that row.

    Ranks, -1 at the low places and one more after the last; places by falling score.
    """

    rank_P: Ints
    falling_P: Ints


@dataclass(frozen=True)
class Runs:
    """Different runs, shape (R,).

    Places of the edges that they span, of their lowest score, and where they vanish; their clip.
    """

    from_R: Ints
    to_R: Ints
    first_R: Ints
    gone_R: Ints
    clip_R: Ints


def lay_out(edges: Sequence[Floats]) -> Places:
    """The places of clips whose steps have these edges."""
    lengths = np.array([len(edges_s) for edges_s in edges])
    return Places(
        np.append(0, np.cumsum(lengths)),
        np.repeat(np.arange(len(edges)), lengths),
        np.concatenate(edges).astype(np.float64),
    )


def ranked(score_T: Sequence[npt.NDArray[np.floating]], places: Places) -> RankedScores:
    """One class's scores of all clips at their places."""
    score_S = np.concatenate(score_T)
    rising_S = np.argsort(score_S)
    sorted_S = score_S[rising_S]
    rank_P = np.full(len(places.edge_P) + 1, -1)
    step_S = np.delete(np.arange(len(places.edge_P)), places.start_N[:-1])
    rank_P[step_S[rising_S]] = np.append(0, np.cumsum(sorted_S[1:] != sorted_S[:-1]))
    return RankedScores(rank_P, step_S[rising_S[::-1]])


def runs_of(rank_P: Ints, places: Places, wanted_N: Bools) -> Runs:
    """Every run of the wanted clips once, at its first place of lowest score."""
    place_Q = np.append(np.flatnonzero(wanted_N[places.clip_P]), len(rank_P) - 1)
    rank_Q = rank_P[place_Q]
    before_Q, after_Q = _before(rank_Q, ties=True), len(rank_Q) - 1 - _before(rank_Q[::-1], ties=False)[::-1]
    first_R = np.flatnonzero((rank_Q >= 0) & (rank_Q[before_Q] != rank_Q))
    before_R, after_R = before_Q[first_R], after_Q[first_R]
    gone_R = np.where(rank_Q[before_R] >= rank_Q[after_R], before_R, after_R)
    first_P = place_Q[first_R]
    return Runs(place_Q[before_R], place_Q[after_R - 1], first_P, place_Q[gone_R], places.clip_P[first_P])


def _before(rank_P: Ints, ties: bool) -> Ints:
    """The nearest place before each with a lower rank (or, with `ties`, the same); undefined for the low places.

    Steps back by powers of two, the largest first, over blocks that hold nothing so low: as many steps as the longest
    clip has binary digits.
    """
    least = [rank_P.astype(np.int32)]  # of the 2^k places up to each
    longest = int(np.diff(np.flatnonzero(rank_P < 0)).max(initial=1))
    while 2 ** len(least) < longest:
        block = 2 ** (len(least) - 1)
        least.append(np.minimum(least[-1], np.append(np.full(block, -1, np.int32), least[-1][:-block])))
    rank_P = np.where(rank_P < 0, len(rank_P), least[0])
    at_P = np.arange(len(rank_P)) - 1
    for k in reversed(range(len(least))):
        at_P -= (least[k][at_P] > rank_P if ties else least[k][at_P] >= rank_P) * 2**k
    return at_P
