"""Where the counts of intersection-based detection change as the threshold falls, for every threshold at once.

Each different run of `psds_runs` is counted once: it adds to a count at the score at which it appears, and subtracts
from it at the score at which it disappears.
"""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from psl.evaluation.detection.metrics.ground_truth import DECIMALS, DetectorScores, Event, GroundTruth
from psl.evaluation.detection.metrics.psds_runs import (
    Bools,
    Floats,
    Ints,
    Places,
    RankedScores,
    Runs,
    lay_out,
    ranked,
    runs_of,
)


@dataclass(frozen=True)
class Tolerances:
    """Shares of a length.

    `dtc`: of a detection in true events; `gtc`: of an event in detections; `cttc`: of a detection in another class's
    events.
    """

    dtc: float
    gtc: float
    cttc: float | None


@dataclass(frozen=True)
class Sizes:
    """What the counts of each clip are divided by: durations, number and seconds of events."""

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
class Groups:
    """Events by clip and class, G groups in this order; `group_NC` is -1 where there is none.

    Clip n has the groups from clip_first_N[n] up to clip_first_N[n + 1]. `covered_K` holds for each group the seconds
    of its events before each edge of the clip, from `start_G` on, and `place_K` that edge. Events V are sorted by
    group, and those of group g go from first_G[g] up to first_G[g + 1].
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


def changes(scores: DetectorScores, ground_truth: GroundTruth, tolerances: Tolerances) -> tuple[list[Changes], Sizes]:
    """The changes of each class's counts and what to divide them by; clips by id.

    Both inputs have passed `checks.check`.
    """
    clip_ids = sorted(ground_truth.duration_s)
    places = lay_out([scores[clip_id].edges_s for clip_id in clip_ids])
    groups = _groups(ground_truth, clip_ids, places)
    rows = (
        ranked([scores[clip_id].score_TC[:, c] for clip_id in clip_ids], places)
        for c in range(len(ground_truth.classes))
    )
    class_changes = [_of_class(row, c, places, groups, tolerances=tolerances) for c, row in enumerate(rows)]
    return class_changes, _sizes(ground_truth, clip_ids)


def _sizes(ground_truth: GroundTruth, clip_ids: Sequence[str]) -> Sizes:
    number = {clip_id: n for n, clip_id in enumerate(clip_ids)}
    events_NC, seconds_NC = np.zeros((2, len(clip_ids), len(ground_truth.classes)))
    for event in ground_truth.events:
        events_NC[number[event.clip_id], event.class_id] += 1
        seconds_NC[number[event.clip_id], event.class_id] += event.offset_s - event.onset_s
    return Sizes(np.array([ground_truth.duration_s[clip_id] for clip_id in clip_ids]), events_NC, seconds_NC)


def _groups(ground_truth: GroundTruth, clip_ids: Sequence[str], places: Places) -> Groups:
    number = {clip_id: n for n, clip_id in enumerate(clip_ids)}
    order: list[Event] = sorted(
        ground_truth.events, key=lambda event: (number[event.clip_id], event.class_id, event.onset_s)
    )
    key_V = np.array([(number[event.clip_id], event.class_id) for event in order], dtype=np.intp)
    onset_V = np.array([event.onset_s for event in order], dtype=np.float64)
    offset_V = np.array([event.offset_s for event in order], dtype=np.float64)
    last_G = _ends(*key_V.T)
    clip_G, class_G = key_V[last_G].T
    first_G = np.append(0, last_G + 1)
    group_NC = np.full((len(clip_ids), len(ground_truth.classes)), -1)
    group_NC[clip_G, class_G] = np.arange(len(clip_G))
    place = [np.arange(places.start_N[n], places.start_N[n + 1]) for n in clip_G]
    covered = [
        _covered(places.edge_P[at], onset_V[a:b], offset_V[a:b])
        for at, a, b in zip(place, first_G, first_G[1:], strict=False)
    ]
    start_G = np.append(0, np.cumsum([len(at) for at in place], dtype=np.intp))
    clip_first_N = np.searchsorted(clip_G, np.arange(len(clip_ids) + 1))
    return Groups(
        group_NC,
        class_G,
        clip_first_N,
        np.concatenate(covered),
        np.concatenate(place),
        start_G,
        onset_V,
        offset_V,
        first_G,
    )


def _covered(edges_s: Floats, onset_V: Floats, offset_V: Floats) -> Floats:
    """Seconds of events (sorted, apart) before each edge."""
    total_V = np.cumsum(offset_V - onset_V)
    return np.interp(
        edges_s,
        np.column_stack([onset_V, offset_V]).ravel(),
        np.column_stack([np.append(0, total_V[:-1]), total_V]).ravel(),
    )


def _of_class(row: RankedScores, c: int, places: Places, groups: Groups, *, tolerances: Tolerances) -> Changes:
    """The changes of one class's counts.

    A run that is not relevant is false, so runs are compared with events only in clips where they can be relevant or
    trigger.
    """
    events_NC = groups.group_NC >= 0
    wanted_N: Bools = events_NC[:, c] if tolerances.cttc is None else np.any(events_NC, axis=1)
    runs = runs_of(row.rank_P, places, wanted_N)
    length_R = places.edge_P[runs.to_R] - places.edge_P[runs.from_R]
    group_R = groups.group_NC[runs.clip_R, c]
    relevant_R = group_R >= 0
    relevant_R[relevant_R] = _long_enough(
        _inside(runs, relevant_R, group_R[relevant_R], places, groups=groups), tolerances.dtc * length_R[relevant_R]
    )
    false_P = _detections(row.rank_P) - _counted(runs, relevant_R, len(row.rank_P))
    true_P = _true(
        runs, np.flatnonzero(relevant_R), group_R, row.rank_P, places=places, groups=groups, gtc=tolerances.gtc
    )
    cross = np.zeros((3, 0), dtype=np.intp)
    if tolerances.cttc is not None:
        wrong = np.flatnonzero(~relevant_R)
        cross = _cross(runs, wrong, c, tolerances.cttc * length_R, places=places, groups=groups)
    return _sorted(row, places.clip_P, false_P, true_P, cross=cross)


def _detections(rank_P: Ints) -> Ints:
    """Changes of the number of runs at each place: one more where the score rises, one less where it is about to."""
    rises_P = np.diff(rank_P, prepend=-1) > 0
    return rises_P.astype(np.intp) - np.append(rises_P[1:], False)


def _counted(runs: Runs, chosen: Bools, places: int) -> Ints:
    """Changes of the number of chosen runs at each place."""
    return np.bincount(runs.first_R[chosen], minlength=places) - np.bincount(runs.gone_R[chosen], minlength=places)


def _inside(runs: Runs, chosen: Ints | Bools, group: Ints, places: Places, *, groups: Groups) -> Floats:
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


def _true(runs: Runs, chosen: Ints, group_R: Ints, rank_P: Ints, *, places: Places, groups: Groups, gtc: float) -> Ints:
    """Changes of the number of detected events at each place: an event's seconds within relevant runs rise and fall."""
    run, event = _pairs(chosen, groups.first_G[group_R[chosen]], groups.first_G[group_R[chosen] + 1])
    begin_s, end_s = places.edge_P[runs.from_R[run]], places.edge_P[runs.to_R[run]]
    inside_s = np.minimum(end_s, groups.offset_V[event]) - np.maximum(begin_s, groups.onset_V[event])
    meets = inside_s > 0
    run, event, inside_s = run[meets], event[meets], inside_s[meets]
    place = np.concatenate([runs.first_R[run], runs.gone_R[run]])
    wanted_V = gtc * (groups.offset_V - groups.onset_V)
    return _detected(np.append(event, event), place, np.append(inside_s, -inside_s), wanted_V, rank_P=rank_P)


def _detected(event: Ints, place: Ints, seconds: Floats, wanted_V: Floats, *, rank_P: Ints) -> Ints:
    """Changes of the number of events with enough seconds, when at each place an event gains some (or loses them)."""
    order = np.lexsort((-rank_P[place], event))
    event, place, total = event[order], place[order], np.cumsum(seconds[order])
    last = _ends(event, rank_P[place])
    event, place, total = event[last], place[last], total[last]
    new = np.append(True, event[1:] != event[:-1])[: len(event)]
    first = np.maximum.accumulate(np.where(new, np.arange(len(event)), 0))
    before = np.append(0.0, total)[first]  # of the events before this one
    detected = _long_enough(total - before, wanted_V[event])
    was = np.append(False, detected[:-1])[: len(detected)] & ~new
    gained, lost = place[detected & ~was], place[was & ~detected]
    return np.bincount(gained, minlength=len(rank_P)) - np.bincount(lost, minlength=len(rank_P))


def _ends(*keys: Ints) -> Ints:
    """The last place of each stretch over which no key changes."""
    changes_at = np.any([key[1:] != key[:-1] for key in keys], axis=0)
    return np.flatnonzero(np.append(changes_at, True)[: len(keys[0])])


def _cross(runs: Runs, wrong: Ints, c: int, wanted_R: Floats, *, places: Places, groups: Groups) -> Ints:
    """Changes of the number of cross triggers: rows of place, other class and change."""
    run, group = _pairs(wrong, groups.clip_first_N[runs.clip_R[wrong]], groups.clip_first_N[runs.clip_R[wrong] + 1])
    other = groups.class_G[group] != c
    run, group = run[other], group[other]
    hit = _long_enough(_inside(runs, run, group, places, groups=groups), wanted_R[run])
    run, group = run[hit], group[hit]
    shift = groups.start_G[group] - places.start_N[runs.clip_R[run]]
    size = len(groups.place_K)
    appear_K = np.bincount(runs.first_R[run] + shift, minlength=size)
    change_K = appear_K - np.bincount(runs.gone_R[run] + shift, minlength=size)
    change_K[groups.start_G[:-1]] = 0  # the low places: no score
    kept = np.flatnonzero(change_K)
    group_of_kept = np.searchsorted(groups.start_G, kept, side="right") - 1
    return np.stack([groups.place_K[kept], groups.class_G[group_of_kept], change_K[kept]])


def _sorted(row: RankedScores, clip_P: Ints, false_P: Ints, true_P: Ints, *, cross: Ints) -> Changes:
    """Only the places where something changes, by falling score."""
    used_P = (false_P != 0) | (true_P != 0)
    used_P[cross[0]] = True
    used_E = row.falling_P[used_P[row.falling_P]]
    entry_P = np.empty(len(used_P), dtype=np.intp)
    entry_P[used_E] = np.arange(len(used_E))
    last_P = _ends(row.rank_P[used_E])
    return Changes(clip_P[used_E], false_P[used_E], true_P[used_E], last_P, entry_P[cross[0]], cross[1], cross[2])
