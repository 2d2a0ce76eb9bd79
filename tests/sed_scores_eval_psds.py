"""PSDS by sed_scores_eval, the public reference, for tests and benchmarks: needs `pip install -e '.[reference]'`."""

from collections.abc import Callable, Mapping

import pandas as pd
from sed_scores_eval import intersection_based

from psl.metrics.detection import ClipScores, Truth, within_clips
from psl.metrics.psds import Criteria


def psds_call(scores: Mapping[str, ClipScores], truth: Truth, criteria: Criteria) -> Callable[[], float]:
    """The computation, with its input made beforehand; classes without events are left out, because it refuses them."""
    events = {clip_id: [] for clip_id in truth.duration_s}
    for event in within_clips(truth).events:
        events[event.clip_id].append((float(event.onset_s), float(event.offset_s), truth.classes[event.class_id]))
    used = sorted({event.class_id for event in truth.events})
    frames = {clip_id: _frame(clip, truth, used) for clip_id, clip in scores.items()}
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


def _frame(clip: ClipScores, truth: Truth, used: list[int]) -> pd.DataFrame:
    columns = {truth.classes[c]: clip.score_TC[:, c].astype("float64") for c in used}
    return pd.DataFrame({"onset": clip.edges_s[:-1], "offset": clip.edges_s[1:], **columns})
