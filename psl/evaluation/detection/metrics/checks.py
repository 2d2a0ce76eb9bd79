"""The checks that scores over time and the ground truth belong together."""

from itertools import pairwise

import numpy as np

from psl.evaluation.detection.metrics.events import events_by_class, same_class
from psl.evaluation.detection.metrics.ground_truth import (
    DECIMALS,
    TOLERANCE_S,
    DetectorScores,
    FrameScores,
    GroundTruth,
)
from psl.runtime.errors import PslError


def check(scores: DetectorScores, ground_truth: GroundTruth) -> None:
    """Raise PslError unless both are of the same clips and classes, every score is usable and no events overlap."""
    _check_clip_ids(scores, ground_truth)
    for clip_id, clip in scores.items():
        _check_shape(clip_id, clip, len(ground_truth.classes))
        _check_values(clip_id, clip)
        _check_span(clip_id, clip, ground_truth.duration_s[clip_id])
    _check_overlaps(ground_truth)


def _check_clip_ids(scores: DetectorScores, ground_truth: GroundTruth) -> None:
    unscored = sorted(ground_truth.duration_s.keys() - scores.keys())
    unknown = sorted(scores.keys() - ground_truth.duration_s.keys())
    if unscored:
        raise PslError(
            f"{len(unscored)} clips of the ground truth have no scores, the first is {unscored[0]}: score them or "
            "leave them out of the ground truth"
        )
    if unknown:
        raise PslError(
            f"{len(unknown)} scored clips are not in the ground truth, the first is {unknown[0]}: add their durations "
            "or leave them out"
        )


def _check_shape(clip_id: str, clip: FrameScores, classes: int) -> None:
    if clip.score_TC.ndim != 2 or clip.score_TC.shape[1] != classes:
        raise PslError(
            f"the scores of {clip_id} have the shape {clip.score_TC.shape}, the ground truth has {classes} classes: "
            "give (steps, classes)"
        )
    if clip.edges_s.shape != (len(clip.score_TC) + 1,) or len(clip.score_TC) == 0:
        raise PslError(
            f"the scores of {clip_id} have {len(clip.score_TC)} steps and {clip.edges_s.size} edges: give steps, and "
            "one edge more than steps"
        )


def _check_values(clip_id: str, clip: FrameScores) -> None:
    if not np.isfinite(clip.edges_s).all() or not (np.diff(clip.edges_s) > 0).all():
        raise PslError(
            f"the edges of the scores of {clip_id} do not rise: give the steps in their order in time, without gaps"
        )
    nan_T = np.isnan(clip.score_TC).any(axis=1)
    if nan_T.any():
        raise PslError(f"{int(nan_T.sum())} steps of {clip_id} have NaN for a score: look at the model that gave them")


def _check_span(clip_id: str, clip: FrameScores, duration_s: float) -> None:
    edges_s = clip.edges_s
    begins_right = 0 <= edges_s[0] <= TOLERANCE_S
    ends_right = edges_s[-1] >= duration_s - TOLERANCE_S and edges_s[-2] < duration_s + TOLERANCE_S
    if not begins_right or not ends_right:
        raise PslError(
            f"the scores of {clip_id} go from {edges_s[0]:g} to {edges_s[-1]:g} s, but the clip from 0 to "
            f"{duration_s:g} s: score the whole clip and no more"
        )


def _check_overlaps(ground_truth: GroundTruth) -> None:
    for first, second in pairwise(events_by_class(ground_truth)):
        if same_class(first, second) and round(first.offset_s - second.onset_s, DECIMALS) > 0:
            raise PslError(
                f"{first.clip_id} has two events of {ground_truth.classes[first.class_id]} that overlap, "
                f"{first.onset_s} to {first.offset_s} s and {second.onset_s} to {second.offset_s} s: correct the list, "
                "or merge overlaps"
            )
