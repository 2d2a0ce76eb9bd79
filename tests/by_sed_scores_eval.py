"""Metrics by sed_scores_eval, the public reference, for tests and benchmarks: needs `pip install -e '.[reference]'`.

It leaves events that end after their clip as they are, where psl's metrics cut them: give it `within_clips(truth)` to
compare.
"""

from collections.abc import Callable, Mapping

import numpy as np
import pandas as pd
from sed_scores_eval import collar_based, intersection_based, segment_based

from psl.evaluation.detection.metrics.ground_truth import FrameScores, GroundTruth
from psl.evaluation.detection.metrics.psds import Criteria

Scores = Mapping[str, FrameScores]


def psds_call(scores: Scores, truth: GroundTruth, criteria: Criteria) -> Callable[[], float]:
    """The computation, with its input made beforehand; classes without events are left out, because it refuses them."""
    frames, events = _frames(scores, truth), _events(truth)
    return lambda: intersection_based.psds(
        scores=frames,
        ground_truth=events,
        audio_durations=dict(truth.duration_s),
        dtc_threshold=criteria.dtc,
        gtc_threshold=criteria.gtc,
        cttc_threshold=criteria.cttc,
        alpha_ct=criteria.alpha_ct,
        alpha_st=criteria.alpha_st,
        unit_of_time={1.0: "second", 60.0: "minute", 3600.0: "hour"}[criteria.unit_s],
        max_efpr=criteria.max_efpr,
    )[0]


def collar_f_scores(scores: Scores, truth: GroundTruth, threshold_C: np.ndarray) -> list[float]:
    """F of each class, macro and micro."""
    collars = {"onset_collar": 0.2, "offset_collar": 0.2, "offset_collar_rate": 0.2}
    return _all(
        collar_based.fscore(_frames(scores, truth), _events(truth), _thresholds(truth, threshold_C), **collars)[0],
        truth,
    )


def segment_f_scores(scores: Scores, truth: GroundTruth, threshold_C: np.ndarray) -> list[float]:
    """F of each class, macro and micro."""
    given = _frames(scores, truth), _events(truth), dict(truth.duration_s), _thresholds(truth, threshold_C)
    return _all(segment_based.fscore(*given, segment_length=1.0)[0], truth)


def _all(f_of: Mapping[str, float], truth: GroundTruth) -> list[float]:
    return [*(f_of[name] for name in truth.classes), f_of["macro_average"], f_of["micro_average"]]


def _thresholds(truth: GroundTruth, threshold_C: np.ndarray) -> dict[str, float]:
    return dict(zip(truth.classes, threshold_C.tolist(), strict=True))


def _events(truth: GroundTruth) -> dict[str, list[tuple[float, float, str]]]:
    events = {clip_id: [] for clip_id in truth.duration_s}
    for event in truth.events:
        events[event.clip_id].append((float(event.onset_s), float(event.offset_s), truth.classes[event.class_id]))
    return events


def _frames(scores: Scores, truth: GroundTruth) -> dict[str, pd.DataFrame]:
    used = sorted({event.class_id for event in truth.events})
    return {clip_id: _frame(clip, truth, used) for clip_id, clip in scores.items()}


def _frame(clip: FrameScores, truth: GroundTruth, used: list[int]) -> pd.DataFrame:
    columns = {truth.classes[c]: clip.score_TC[:, c].astype("float64") for c in used}
    return pd.DataFrame({"onset": clip.edges_s[:-1], "offset": clip.edges_s[1:], **columns})
