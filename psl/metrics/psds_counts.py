"""Where the counts of intersection-based detection change as the threshold falls, for every threshold at once.

At a threshold u a class's detections in a clip are the longest runs of steps with scores >= u. Over all thresholds there are at most as
many different runs as steps: each is there from its own lowest score down to the higher one of the two scores at its borders, where it
grows into another. So each run is looked at once and adds its count at the first score, and takes it away at the second.

Steps of all clips stand in one row, each clip behind a place that is lower than every score, so that no run leaves its clip. Edge t of
a clip stands at the place where step t - 1 stands, the first at the low place: the run between the places (l, r) spans edge l to r - 1.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from psl.metrics.detection import DECIMALS, ClipScores, Event, Truth

Ints = npt.NDArray[np.intp]
Floats = npt.NDArray[np.float64]
Bools = npt.NDArray[np.bool_]


@dataclass(frozen=True)
class Tolerances:
    """Shares of a length: of a detection that must be true (dtc), of an event to be detected (gtc), of another class's (cttc)."""

    dtc: float
    gtc: float
    cttc: float | None


@dataclass(frozen=True)
class Sizes:
    """What the counts are divided by, clip by clip: durations, number and seconds of events; shapes (N,), (N, C), (N, C)."""

    duration_N: Floats
    events_NC: Floats
    seconds_NC: Floats


@dataclass(frozen=True)
class Changes:
    """Changes of one class's counts, sorted by falling score: shape (E,), and (X,) for cross triggers.

    `last_P` are the entries after which a new score follows: only there do the sums hold for a threshold.
    """

    clip_E: Ints
    false_E: Ints
    true_E: Ints
    last_P: Ints
    cross_entry_X: Ints
    cross_class_X: Ints
    cross_X: Ints


@dataclass(frozen=True)
class Row:
    """The scores of one class in that row: their ranks, -1 at the low places and one more after the last, and places by falling score."""

    rank_P: Ints
    falling_P: Ints


@dataclass(frozen=True)
class Runs:
    """Different runs, shape (R,): places of the edges that they span, of their lowest score, where they end to be, and their clip."""

    from_R: Ints
    to_R: Ints
    first_R: Ints
    gone_R: Ints
    clip_R: Ints


@dataclass(frozen=True)
class Places:
    """The row of all steps: each clip's first place, each place's clip and edge; shapes (N + 1,), (P,), (P,)."""

    start_N: Ints
    clip_P: Ints
    edge_P: Floats


@dataclass(frozen=True)
class Groups:
    """Events by clip and class, G groups in this order; `group_NC` is -1 where there is none, clip n has [clip_first_N[n], ...[n + 1]).

    `covered_K` holds for each group the seconds of its events before each edge of the clip, from `start_G` on, and `place_K` that edge.
    Events V are sorted by group, and the group's are [first_G[g], first_G[g + 1]).
    """

    group_NC: Ints
    class_G: Ints
    clip_first_N: Ints
    covered_K: Floats
    place_K: Ints
    start_G: Ints
    onset_V: Floats
    offset_V: Floats
    first_G: Ints


def changes(scores: Mapping[str, ClipScores], truth: Truth, tolerances: Tolerances) -> tuple[list[Changes], Sizes]:
    """The changes of each class's counts and what to divide them by; clips in the order of their names. `check` holds for both."""
    clip_ids = sorted(truth.duration_s)
    places = _places([scores[clip_id].edges_s for clip_id in clip_ids])
    groups = _groups(truth, clip_ids, places)
    rows = (_row([scores[clip_id].score_TC[:, c] for clip_id in clip_ids], places) for c in range(len(truth.classes)))
    class_changes = [_of_class(row, c, places, groups, tolerances) for c, row in enumerate(rows)]
    return class_changes, _sizes(truth, clip_ids)


def _sizes(truth: Truth, clip_ids: Sequence[str]) -> Sizes:
    number = {clip_id: n for n, clip_id in enumerate(clip_ids)}
    events_NC, seconds_NC = np.zeros((2, len(clip_ids), len(truth.classes)))
    for event in truth.events:
        events_NC[number[event.clip_id], event.class_id] += 1
        seconds_NC[number[event.clip_id], event.class_id] += event.offset_s - event.onset_s
    return Sizes(np.array([truth.duration_s[clip_id] for clip_id in clip_ids]), events_NC, seconds_NC)


def _places(edges: Sequence[Floats]) -> Places:
    lengths = np.array([len(edges_s) for edges_s in edges])
    return Places(np.append(0, np.cumsum(lengths)), np.repeat(np.arange(len(edges)), lengths), np.concatenate(edges).astype(np.float64))


def _groups(truth: Truth, clip_ids: Sequence[str], places: Places) -> Groups:
    number = {clip_id: n for n, clip_id in enumerate(clip_ids)}
    order: list[Event] = sorted(truth.events, key=lambda event: (number[event.clip_id], event.class_id, event.onset_s))
    key_V = np.array([(number[event.clip_id], event.class_id) for event in order], dtype=np.intp).reshape(-1, 2)
    onset_V = np.array([event.onset_s for event in order], dtype=np.float64)
    offset_V = np.array([event.offset_s for event in order], dtype=np.float64)
    first_G = np.flatnonzero(np.append(True, (key_V[1:] != key_V[:-1]).any(axis=1))) if len(order) else np.zeros(0, np.intp)
    clip_G, class_G = key_V[first_G].T
    first_G = np.append(first_G, len(order))
    group_NC = np.full((len(clip_ids), len(truth.classes)), -1)
    group_NC[clip_G, class_G] = np.arange(len(clip_G))
    place = [np.arange(places.start_N[n], places.start_N[n + 1]) for n in clip_G]
    covered = [_covered(places.edge_P[at], onset_V[a:b], offset_V[a:b]) for at, a, b in zip(place, first_G, first_G[1:], strict=False)]
    start_G = np.append(0, np.cumsum([len(at) for at in place], dtype=np.intp))
    clip_first_N = np.searchsorted(clip_G, np.arange(len(clip_ids) + 1))
    return Groups(group_NC, class_G, clip_first_N, np.concatenate(covered), np.concatenate(place), start_G, onset_V, offset_V, first_G)


def _covered(edges_s: Floats, onset_V: Floats, offset_V: Floats) -> Floats:
    """Seconds of events (sorted, apart) before each edge."""
    total_V = np.cumsum(offset_V - onset_V)
    return np.interp(edges_s, np.column_stack([onset_V, offset_V]).ravel(), np.column_stack([np.append(0, total_V[:-1]), total_V]).ravel())


def _row(score_T: Sequence[npt.NDArray[np.floating]], places: Places) -> Row:
    score_S = np.concatenate(score_T)
    rising_S = np.argsort(score_S)
    sorted_S = score_S[rising_S]
    rank_P = np.full(len(places.edge_P) + 1, -1)
    step_S = np.delete(np.arange(len(places.edge_P)), places.start_N[:-1])
    rank_P[step_S[rising_S]] = np.append(0, np.cumsum(sorted_S[1:] != sorted_S[:-1]))
    return Row(rank_P, step_S[rising_S[::-1]])


def _runs(rank_P: Ints, places: Places, wanted_N: Bools) -> Runs:
    """Every run of the wanted clips once, at its first place of lowest score."""
    place_Q = np.append(np.flatnonzero(wanted_N[places.clip_P]), len(rank_P) - 1)
    rank_Q = rank_P[place_Q]
    before_Q, after_Q = _lower(rank_Q, -1, ties=True), _lower(rank_Q, 1, ties=False)
    first_R = np.flatnonzero((rank_Q >= 0) & (rank_Q[before_Q] != rank_Q))
    before_R, after_R = before_Q[first_R], after_Q[first_R]
    gone_R = np.where(rank_Q[before_R] >= rank_Q[after_R], before_R, after_R)
    first_P = place_Q[first_R]
    return Runs(place_Q[before_R], place_Q[after_R - 1], first_P, place_Q[gone_R], places.clip_P[first_P])


def _lower(rank_P: Ints, step: int, ties: bool) -> Ints:
    """The nearest place with a lower rank (or, with `ties`, the same), backwards for step -1: pointers leap over pointers."""
    at_P = np.arange(len(rank_P)) + step
    at_P[[0, -1]] = 0, len(rank_P) - 1
    left = np.flatnonzero(rank_P >= 0)
    while len(left):
        there = rank_P[at_P[left]]
        left = left[there > rank_P[left]] if ties else left[there >= rank_P[left]]
        at_P[left] = at_P[at_P[left]]
    return at_P


def _of_class(row: Row, c: int, places: Places, groups: Groups, tolerances: Tolerances) -> Changes:
    """Every run is false where it is not relevant; so only clips in which it can be relevant or trigger are looked at run by run."""
    some_NC = groups.group_NC >= 0
    wanted_N: Bools = some_NC[:, c] if tolerances.cttc is None else np.any(some_NC, axis=1)
    runs = _runs(row.rank_P, places, wanted_N)
    length_R = places.edge_P[runs.to_R] - places.edge_P[runs.from_R]
    group_R = groups.group_NC[runs.clip_R, c]
    relevant_R = group_R >= 0
    relevant_R[relevant_R] = _long_enough(
        _inside(runs, relevant_R, group_R[relevant_R], places, groups), tolerances.dtc * length_R[relevant_R]
    )
    false_P = _detections(row.rank_P) - _counted(runs, relevant_R, len(row.rank_P))
    true_P = _true(runs, np.flatnonzero(relevant_R), group_R, row.rank_P, places, groups, tolerances.gtc)
    cross = np.zeros((3, 0), dtype=np.intp)
    if tolerances.cttc is not None:
        cross = _cross(runs, np.flatnonzero(~relevant_R), c, tolerances.cttc * length_R, places, groups)
    return _sorted(row, places.clip_P, false_P, true_P, cross)


def _detections(rank_P: Ints) -> Ints:
    """Changes of the number of runs at each place: one more where the score rises, one less where it is about to."""
    rises_P = np.diff(rank_P, prepend=-1) > 0
    return rises_P.astype(np.intp) - np.append(rises_P[1:], False)


def _counted(runs: Runs, chosen: Bools, places: int) -> Ints:
    """Changes of the number of chosen runs at each place."""
    return np.bincount(runs.first_R[chosen], minlength=places) - np.bincount(runs.gone_R[chosen], minlength=places)


def _inside(runs: Runs, chosen: Ints | Bools, group: Ints, places: Places, groups: Groups) -> Floats:
    """Seconds of each chosen run that lie in events of its group."""
    shift = groups.start_G[group] - places.start_N[runs.clip_R[chosen]]
    return groups.covered_K[runs.to_R[chosen] + shift] - groups.covered_K[runs.from_R[chosen] + shift]


def _long_enough(seconds: Floats, wanted: Floats) -> Bools:
    return np.round(seconds, DECIMALS) >= np.round(wanted, DECIMALS)


def _pairs(chosen: Ints, first: Ints, end: Ints) -> tuple[Ints, Ints]:
    """Each of `chosen` with every number of its own range [first, end)."""
    counts = end - first
    starts = np.cumsum(counts) - counts
    return np.repeat(chosen, counts), np.arange(counts.sum()) - np.repeat(starts - first, counts)


def _true(runs: Runs, chosen: Ints, group_R: Ints, rank_P: Ints, places: Places, groups: Groups, gtc: float) -> Ints:
    """Changes of the number of detected events at each place: an event's seconds within relevant runs rise and fall."""
    run, event = _pairs(chosen, groups.first_G[group_R[chosen]], groups.first_G[group_R[chosen] + 1])
    begin_s, end_s = places.edge_P[runs.from_R[run]], places.edge_P[runs.to_R[run]]
    inside_s = np.minimum(end_s, groups.offset_V[event]) - np.maximum(begin_s, groups.onset_V[event])
    meets = inside_s > 0
    run, event, inside_s = run[meets], event[meets], inside_s[meets]
    event, place = np.concatenate([event, event]), np.concatenate([runs.first_R[run], runs.gone_R[run]])
    seconds = np.concatenate([inside_s, -inside_s])
    order = np.lexsort((-rank_P[place], event))
    event, place, rank, total = event[order], place[order], rank_P[place[order]], np.cumsum(seconds[order])
    last = np.flatnonzero(np.append((event[1:] != event[:-1]) | (rank[1:] != rank[:-1]), True)[: len(event)])
    event, place, total = event[last], place[last], total[last]
    new = np.append(True, event[1:] != event[:-1])[: len(event)]
    before = np.append(0.0, total)[np.maximum.accumulate(np.where(new, np.arange(len(event)), 0))]
    found = _long_enough(total - before, gtc * (groups.offset_V[event] - groups.onset_V[event]))
    was = np.append(False, found[:-1])[: len(found)] & ~new
    return np.bincount(place[found & ~was], minlength=len(rank_P)) - np.bincount(place[was & ~found], minlength=len(rank_P))


def _cross(runs: Runs, wrong: Ints, c: int, wanted_R: Floats, places: Places, groups: Groups) -> Ints:
    """Changes of the number of cross triggers: rows of place, other class and change."""
    run, group = _pairs(wrong, groups.clip_first_N[runs.clip_R[wrong]], groups.clip_first_N[runs.clip_R[wrong] + 1])
    other = groups.class_G[group] != c
    run, group = run[other], group[other]
    hit = _long_enough(_inside(runs, run, group, places, groups), wanted_R[run])
    run, group = run[hit], group[hit]
    shift = groups.start_G[group] - places.start_N[runs.clip_R[run]]
    size = len(groups.place_K)
    change_K = np.bincount(runs.first_R[run] + shift, minlength=size) - np.bincount(runs.gone_R[run] + shift, minlength=size)
    change_K[groups.start_G[:-1]] = 0  # the low places: no score
    kept = np.flatnonzero(change_K)
    return np.stack([groups.place_K[kept], groups.class_G[np.searchsorted(groups.start_G, kept, side="right") - 1], change_K[kept]])


def _sorted(row: Row, clip_P: Ints, false_P: Ints, true_P: Ints, cross: Ints) -> Changes:
    """Only the places where something changes, by falling score."""
    used_P = (false_P != 0) | (true_P != 0)
    used_P[cross[0]] = True
    used_E = row.falling_P[used_P[row.falling_P]]
    rank_E = row.rank_P[used_E]
    entry_P = np.empty(len(used_P), dtype=np.intp)
    entry_P[used_E] = np.arange(len(used_E))
    last_P = np.flatnonzero(np.append(rank_E[1:] != rank_E[:-1], True)[: len(used_E)])
    return Changes(clip_P[used_E], false_P[used_E], true_P[used_E], last_P, entry_P[cross[0]], cross[1], cross[2])
