"""PSDS, the polyphonic sound detection score, over all thresholds at once, without choosing any.

Definitions: Bilen et al., ICASSP 2020; over every threshold and as a staircase instead of a sampled curve: Ebbers et
al., ICASSP 2022. A detection is relevant if at least `dtc` of its length lies in true events of its class, else false.
An event is detected if at least `gtc` of its length lies in relevant detections. A false detection of which at least
`cttc` lies in events of another class is a cross trigger with that class, too. A class's effective false positive rate
is its false detections per unit of time, plus `alpha_ct` times the mean over the other classes of cross triggers per
unit of that class's time. The effective true positive rate is the mean over classes minus `alpha_st` times their
standard deviation, not below 0; the score is its mean from rate 0 to `max_efpr`.

A class without events has no true positive rate: it is left out altogether, as from mAP, and its `class_value_C` is
nan. (sed_scores_eval 0.0.4 refuses such ground truth; without that class's column it gives the value given here.)
Events may touch, which sed_scores_eval refuses.

With `alpha_st` above 0 a better class can lower the score: it also raises the deviation between classes.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import NamedTuple

import numpy as np
import numpy.typing as npt

from psl.evaluation.detection.metrics.checks import check
from psl.evaluation.detection.metrics.events import within_clips
from psl.evaluation.detection.metrics.ground_truth import DetectorScores, GroundTruth
from psl.evaluation.detection.metrics.psds_counts import Changes, Sizes, Tolerances, changes
from psl.runtime.errors import PslError

Floats = npt.NDArray[np.float64]


@dataclass(frozen=True)
class Criteria:
    """What counts as detected and how it is weighed; `cttc` is None if and only if `alpha_ct` is 0."""

    dtc: float
    gtc: float
    cttc: float | None
    alpha_ct: float
    alpha_st: float
    max_efpr: float
    unit_s: float = 3600.0  # rates are per so many seconds

    def __post_init__(self) -> None:
        for name in ("dtc", "gtc", "cttc"):
            share = getattr(self, name)
            if share is not None and not 0 < share <= 1:
                raise PslError(f"{name} is {share}, and is a share of a length: give a number above 0 and up to 1")
        if min(self.alpha_ct, self.alpha_st) < 0 or not min(self.max_efpr, self.unit_s) > 0:
            raise PslError("alpha_ct and alpha_st must not lie below 0, max_efpr and unit_s must lie above it")
        if (self.cttc is None) != (self.alpha_ct == 0):
            raise PslError(
                f"cttc is {self.cttc} and alpha_ct is {self.alpha_ct}: give both, or neither (cttc none, alpha_ct 0)"
            )


PSDS1 = Criteria(dtc=0.7, gtc=0.7, cttc=None, alpha_ct=0.0, alpha_st=1.0, max_efpr=100.0)
PSDS2 = Criteria(dtc=0.1, gtc=0.1, cttc=0.3, alpha_ct=0.5, alpha_st=1.0, max_efpr=100.0)
CRITERIA = {"psds1": PSDS1, "psds2": PSDS2}  # of DCASE's task 4


class Staircase(NamedTuple):
    """True positive rate from each effective false positive rate up to the next, shape (S,) both.

    The last goes up to `max_efpr`.
    """

    efpr_S: Floats
    tpr_S: Floats


@dataclass(frozen=True)
class Psds:
    """The score in [0, 1], each class's own (nan without events), their staircases and that of the effective rate."""

    value: float
    class_value_C: Floats
    class_curve_C: tuple[Staircase, ...]
    curve: Staircase
    criteria: Criteria


def criteria_for(ground_truth: GroundTruth) -> dict[str, Criteria]:
    """Those of CRITERIA that the ground truth allows: cross triggers need events of two classes."""
    classes = len(ground_truth.class_ids)
    return {name: criteria for name, criteria in CRITERIA.items() if classes > 1 or not criteria.alpha_ct}


def psds(scores: DetectorScores, ground_truth: GroundTruth, criteria: Criteria) -> Psds:
    """PSDS of `scores`; every clip's duration counts, also of clips without events. Events are cut to their clip's end.

    Scores that are equal pass a threshold together, and steps may differ in length. Raises PslError for what
    `checks.check` finds, for ground truth without any event, and for cross triggers where fewer than two classes have
    events.
    """
    class_changes, sizes = count_changes(scores, ground_truth, criteria)
    return weighted_psds(class_changes, sizes, criteria, np.ones(len(sizes.duration_N)))


def count_changes(scores: DetectorScores, ground_truth: GroundTruth, criteria: Criteria) -> tuple[list[Changes], Sizes]:
    """The changes of the counts with falling thresholds, clip by clip.

    Any weighting of the clips is scored from them.
    """
    check(scores, ground_truth)
    if not ground_truth.events:
        raise PslError("the ground truth has no event, so that no detection can be right: look at the list of events")
    if criteria.alpha_ct and len(ground_truth.class_ids) < 2:
        raise PslError(
            "only one class has events, so that none can trigger another: set alpha_ct to 0 and cttc to none"
        )
    return changes(scores, within_clips(ground_truth), Tolerances(criteria.dtc, criteria.gtc, criteria.cttc))


def weighted_psds(class_changes: Sequence[Changes], sizes: Sizes, criteria: Criteria, weight_N: Floats) -> Psds:
    """PSDS when clip n counts `weight_N[n]` times; classes without events among those clips are left out."""
    events_C = weight_N @ sizes.events_NC
    staircases = [
        _staircase(c, change, sizes, criteria, weight_N=weight_N)
        if events_C[c]
        else Staircase(np.zeros(0), np.zeros(0))
        for c, change in enumerate(class_changes)
    ]
    areas = zip(staircases, events_C, strict=True)
    value_C = np.array([_area(curve, criteria.max_efpr) if events else np.nan for curve, events in areas])
    curve = _effective([staircases[c] for c in np.flatnonzero(events_C)], criteria.alpha_st)
    return Psds(_area(curve, criteria.max_efpr), value_C, tuple(staircases), curve, criteria)


def _staircase(c: int, change: Changes, sizes: Sizes, criteria: Criteria, *, weight_N: Floats) -> Staircase:
    weight_E = weight_N[change.clip_E]
    false_P, true_P = (
        np.append(0.0, np.cumsum(weight_E * change_E)[change.last_P]) for change_E in (change.false_E, change.true_E)
    )
    efpr_P = false_P / (weight_N @ sizes.duration_N)
    if criteria.alpha_ct:
        cross_E = weight_E * _cross_rate(c, change, weight_N @ sizes.seconds_NC)
        efpr_P = efpr_P + criteria.alpha_ct * np.append(0.0, np.cumsum(cross_E)[change.last_P])
    efpr_P, tpr_P = efpr_P * criteria.unit_s, true_P / (weight_N @ sizes.events_NC[:, c])
    return _best(efpr_P, tpr_P, criteria.max_efpr)


def _cross_rate(c: int, change: Changes, seconds_C: Floats) -> Floats:
    """Each entry's change of the mean over the other classes of cross triggers per second, shape (E,)."""
    others = np.count_nonzero(np.delete(seconds_C, c))
    share_C = np.divide(1.0, seconds_C * others, out=np.zeros_like(seconds_C), where=(seconds_C > 0) & (others > 0))
    return np.bincount(change.cross_entry_X, change.cross_X * share_C[change.cross_class_X], len(change.clip_E)).astype(
        np.float64
    )


def _best(efpr_P: Floats, tpr_P: Floats, max_efpr: float) -> Staircase:
    """The highest rate at or left of each point, where it rises; points arrive in any order, (0, 0) among them."""
    near = np.flatnonzero(efpr_P <= max_efpr)
    near = near[np.lexsort((-tpr_P[near], efpr_P[near]))]
    top = np.maximum.accumulate(tpr_P[near])
    rises = np.flatnonzero(np.append(True, top[1:] > top[:-1]))
    return Staircase(efpr_P[near][rises], top[rises])


def _effective(curves: Sequence[Staircase], alpha_st: float) -> Staircase:
    """Mean minus `alpha_st` times standard deviation over classes, where one of them rises."""
    efpr_S = np.unique(np.concatenate([curve.efpr_S for curve in curves]))
    tpr_CS = np.stack([curve.tpr_S[np.searchsorted(curve.efpr_S, efpr_S, side="right") - 1] for curve in curves])
    return Staircase(efpr_S, np.maximum(tpr_CS.mean(axis=0) - alpha_st * tpr_CS.std(axis=0), 0.0))


def _area(curve: Staircase, max_efpr: float) -> float:
    """Mean height from 0 to `max_efpr`."""
    return float(curve.tpr_S @ np.diff(curve.efpr_S, append=max_efpr) / max_efpr)
