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
    false_E: Floats
    true_E: Floats
    last_P: Ints
    cross_entry_X: Ints
    cross_class_X: Ints
    cross_X: Floats


@dataclass(frozen=True)
class Runs:
    """The different runs of a class, shape (R,): places before and after, that of their lowest score, and where they end to be."""

    before_R: Ints
    after_R: Ints
    first_R: Ints
    gone_R: Ints


@dataclass(frozen=True)
class Places:
    """The row of all steps: each clip's first place, each place's clip and edge; shapes (N + 1,), (P,), (P,)."""

    start_N: Ints
    clip_P: Ints
    edge_P: Floats


@dataclass(frozen=True)
class Groups:
    """Events by clip and class, G groups: their sum of seconds up to each edge of the clip, one after the other, and where it starts.

    `group_NC` is -1 where there is none; `onset_V` and `offset_V` are sorted by group, `first_G` is each group's first, with the end.
    """

    group_NC: Ints
    class_G: Ints
    clip_start_N: Ints
    covered: Floats
    start_G: Ints
    onset_V: Floats
    offset_V: Floats
    first_G: Ints


def changes(scores: Mapping[str, ClipScores], truth: Truth, tolerances: Tolerances) -> tuple[list[Changes], Sizes]:
    """The changes of each class's counts and what to divide them by; clips in the order of their names. `check` holds for both."""
    clip_ids = sorted(truth.duration_s)
    places = _places([scores[clip_id].edges_s for clip_id in clip_ids])
    groups = _groups(truth, clip_ids, places)
    class_changes = [
        _of_class(_ranks([scores[clip_id].score_TC[:, c] for clip_id in clip_ids]), c, places, groups, tolerances)
        for c in range(len(truth.classes))
    ]
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
    covered = [
        _covered(places.edge_P[places.start_N[n] : places.start_N[n + 1]], onset_V[first:end], offset_V[first:end])
        for n, first, end in zip(clip_G, first_G, first_G[1:], strict=False)
    ]
    start_G = np.append(0, np.cumsum([len(part) for part in covered], dtype=np.intp))
    clip_start_N = np.searchsorted(clip_G, np.arange(len(clip_ids) + 1))
    return Groups(group_NC, class_G, clip_start_N, np.concatenate([*covered, np.zeros(0)]), start_G, onset_V, offset_V, first_G)


def _covered(edges_s: Floats, onset_V: Floats, offset_V: Floats) -> Floats:
    """Seconds of events (sorted, apart) before each edge."""
    total_V = np.cumsum(offset_V - onset_V)
    return np.interp(edges_s, np.column_stack([onset_V, offset_V]).ravel(), np.column_stack([np.append(0, total_V[:-1]), total_V]).ravel())


def _ranks(score_T: Sequence[npt.NDArray[np.floating]]) -> Ints:
    """The scores as whole numbers in their order, -1 before each clip and after the last."""
    rank = np.unique(np.concatenate(score_T), return_inverse=True)[1].reshape(-1)
    lengths = np.array([len(part) for part in score_T])
    return np.insert(rank, np.append(0, np.cumsum(lengths)), -1)


def _runs(rank_P: Ints) -> Runs:
    """Every run once, at its first place of lowest score."""
    before_P = _lower(rank_P, -1, ties=True)
    after_P = _lower(rank_P, 1, ties=False)
    first_R = np.flatnonzero((rank_P >= 0) & (rank_P[before_P] != rank_P))
    before_R, after_R = before_P[first_R], after_P[first_R]
    gone_R = np.where(rank_P[before_R] >= rank_P[after_R], before_R, after_R)
    return Runs(before_R, after_R, first_R, gone_R)


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


def _of_class(rank_P: Ints, c: int, places: Places, groups: Groups, tolerances: Tolerances) -> Changes:
    runs = _runs(rank_P)
    clip_R = places.clip_P[runs.first_R]
    length_R = places.edge_P[runs.after_R - 1] - places.edge_P[runs.before_R]
    group_R = groups.group_NC[clip_R, c]
    relevant_R = np.zeros(len(clip_R), dtype=bool)
    some_R = np.flatnonzero(group_R >= 0)
    relevant_R[some_R] = _long_enough(_inside(runs, some_R, group_R[some_R], clip_R, places, groups), tolerances.dtc * length_R[some_R])
    wrong_R = np.flatnonzero(~relevant_R)
    false_P = _at(runs, wrong_R, len(rank_P))
    true_P = _true(runs, np.flatnonzero(relevant_R), group_R, rank_P, places, groups, tolerances.gtc)
    cross = np.zeros((3, 0), dtype=np.intp)
    if tolerances.cttc is not None:
        cross = _cross(runs, wrong_R, c, length_R, clip_R, rank_P, places, groups, tolerances.cttc)
    return _sorted(rank_P, places.clip_P, false_P, true_P, cross)


def _inside(runs: Runs, chosen: Ints, group: Ints, clip_R: Ints, places: Places, groups: Groups) -> Floats:
    """Seconds of each chosen run that lie in events of its group."""
    shift = groups.start_G[group] - places.start_N[clip_R[chosen]]
    return groups.covered[runs.after_R[chosen] - 1 + shift] - groups.covered[runs.before_R[chosen] + shift]


def _long_enough(seconds: Floats, wanted: Floats) -> Bools:
    return np.round(seconds, DECIMALS) >= np.round(wanted, DECIMALS)


def _at(runs: Runs, chosen: Ints, places: int) -> Floats:
    """How many of the chosen runs begin to be at each place, less those that end to be."""
    begin, end = runs.first_R[chosen], runs.gone_R[chosen]
    return (np.bincount(begin, minlength=places) - np.bincount(end, minlength=places)).astype(np.float64)


def _pairs(chosen: Ints, first: Ints, end: Ints) -> tuple[Ints, Ints]:
    """Each of `chosen` with every number of its own range [first, end)."""
    counts = end - first
    starts = np.cumsum(counts) - counts
    return np.repeat(chosen, counts), np.arange(counts.sum()) - np.repeat(starts - first, counts)


def _true(runs: Runs, chosen: Ints, group_R: Ints, rank_P: Ints, places: Places, groups: Groups, gtc: float) -> Floats:
    """Changes of the number of detected events at each place: an event's seconds within relevant runs rise and fall."""
    run, event = _pairs(chosen, groups.first_G[group_R[chosen]], groups.first_G[group_R[chosen] + 1])
    begin_s, end_s = places.edge_P[runs.before_R[run]], places.edge_P[runs.after_R[run] - 1]
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
    return np.bincount(place, weights=found.astype(np.float64) - was, minlength=len(rank_P)).astype(np.float64)


def _cross(
    runs: Runs, wrong_R: Ints, c: int, length_R: Floats, clip_R: Ints, rank_P: Ints, places: Places, groups: Groups, cttc: float
) -> Ints:
    """Changes of the number of cross triggers: rows of place, other class and change."""
    run, group = _pairs(wrong_R, groups.clip_start_N[clip_R[wrong_R]], groups.clip_start_N[clip_R[wrong_R] + 1])
    other = groups.class_G[group] != c
    run, group = run[other], group[other]
    hit = _long_enough(_inside(runs, run, group, clip_R, places, groups), cttc * length_R[run])
    run, other_class = run[hit], groups.class_G[group[hit]]
    classes = groups.group_NC.shape[1]
    key = np.concatenate([runs.first_R[run] * classes + other_class, runs.gone_R[run] * classes + other_class])
    keys, number = np.unique(key, return_inverse=True)
    change = np.bincount(number, weights=np.repeat([1.0, -1.0], len(run)), minlength=len(keys)).astype(np.intp)
    kept = (change != 0) & (rank_P[keys // classes] >= 0)
    return np.stack([keys[kept] // classes, keys[kept] % classes, change[kept]])


def _sorted(rank_P: Ints, clip_P: Ints, false_P: Floats, true_P: Floats, cross: Ints) -> Changes:
    """Only the places where something changes, by falling score."""
    used_P = (false_P != 0) | (true_P != 0)
    used_P[cross[0]] = True
    used_E = np.flatnonzero(used_P & (rank_P >= 0))
    used_E = used_E[np.argsort(-rank_P[used_E], kind="stable")]
    entry_P = np.empty(len(rank_P), dtype=np.intp)
    entry_P[used_E] = np.arange(len(used_E))
    last_P = np.flatnonzero(np.append(rank_P[used_E[1:]] != rank_P[used_E[:-1]], True)[: len(used_E)])
    return Changes(clip_P[used_E], false_P[used_E], true_P[used_E], last_P, entry_P[cross[0]], cross[1], cross[2].astype(np.float64))
