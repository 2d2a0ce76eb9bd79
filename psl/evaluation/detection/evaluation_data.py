"""The clips that a detector is evaluated on, and its scores of them after a median filter."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from psl.config import Detect
from psl.evaluation.detection.corpus_truth import CorpusTruth, part_of
from psl.evaluation.detection.median_filter import best_lengths, length_used, median_lengths, smoothed, step_of
from psl.evaluation.detection.metrics.events import merge_overlaps, without_empty
from psl.evaluation.detection.metrics.ground_truth import DetectorScores, GroundTruth
from psl.evaluation.detection.metrics.psds import criteria_for, psds
from psl.evaluation.detection.score_file import ScoreFile
from psl.evaluation.scores.rounding import DIGITS
from psl.io.metadata.splits import validation_clips
from psl.runtime.errors import PslError


@dataclass(frozen=True)
class EvaluationData:
    """Scores of each seed after smoothing and the ground truth of the same clips, development clips apart.

    `median_s_C` are the lengths of the filter in whole steps, in seconds; 0 where nothing is filtered.
    """

    scores: Mapping[int, DetectorScores]
    ground_truth: GroundTruth
    development: GroundTruth | None
    median_s_C: Sequence[float]


def evaluation_data(files: Mapping[int, ScoreFile], corpus: CorpusTruth, settings: Detect) -> EvaluationData:
    """Select the clips to score, and smooth their scores.

    By one length of the median filter, or by each class's best on development clips.
    """
    ground_truth = merge_overlaps(corpus.ground_truth) if settings.overlaps == "merge" else corpus.ground_truth
    if settings.empty_files == "drop":
        ground_truth = without_empty(ground_truth, corpus.with_other_classes_only)
    scores = {seed: _of_clips(file.scores, ground_truth) for seed, file in files.items()}
    if settings.median_candidates_seconds is None:
        (seconds,) = median_lengths(settings)
        return _smoothed(scores, ground_truth, None, [seconds] * len(ground_truth.classes))
    development, rest = _split(ground_truth, corpus.source, settings)
    lengths = _chosen_lengths(
        [_of_clips(seed_scores, development) for seed_scores in scores.values()], development, settings
    )
    return _smoothed(
        {seed: _of_clips(seed_scores, rest) for seed, seed_scores in scores.items()}, rest, development, lengths
    )


def _smoothed(
    scores: Mapping[int, DetectorScores],
    ground_truth: GroundTruth,
    development: GroundTruth | None,
    seconds_C: Sequence[float],
) -> EvaluationData:
    step_s = step_of(next(iter(scores.values())))
    used_s_C = [round(length_used(seconds, step_s), DIGITS) for seconds in seconds_C]
    smooth = {seed: smoothed(seed_scores, seconds_C) for seed, seed_scores in scores.items()}
    return EvaluationData(smooth, ground_truth, development, used_s_C)


def _split(ground_truth: GroundTruth, source: Mapping[str, str], settings: Detect) -> tuple[GroundTruth, GroundTruth]:
    """The development part and the rest: whole sources, or clips where all are of one source."""
    assert settings.development_share is not None  # it belongs to the candidates
    clip_ids = list(ground_truth.duration_s)
    sources = [source[clip_id] for clip_id in clip_ids]
    groups = sources if len(set(sources)) > 1 else clip_ids
    chosen_N = validation_clips(groups, settings.development_share, settings.seed)
    development, rest = (
        part_of(ground_truth, [clip_ids[n] for n in np.flatnonzero(part_N)]) for part_N in (chosen_N, ~chosen_N)
    )
    least = min(2, len(ground_truth.class_ids))
    for name, part in {"development part": development, "part that is scored": rest}.items():
        classes = len(part.class_ids)
        if classes < least:
            raise PslError(
                f"the {name} has events of {classes} classes in its {len(part.duration_s)} clips, and needs {least}: "
                "change detect.development_share"
            )
    return development, rest


def _chosen_lengths(scores: Sequence[DetectorScores], ground_truth: GroundTruth, settings: Detect) -> list[float]:
    """Each class's length with the best part of the DCASE score, mean over seeds."""
    candidates = sorted(median_lengths(settings))
    value_LC = np.stack([_mean_over_seeds(scores, ground_truth, seconds, settings) for seconds in candidates])
    return best_lengths(value_LC, candidates)


def _mean_over_seeds(
    scores: Sequence[DetectorScores], ground_truth: GroundTruth, seconds: float, settings: Detect
) -> npt.NDArray[np.float64]:
    """Each class's own PSDS-1 and PSDS-2 over the baselines', shape (C,)."""
    smooth = [smoothed(seed_scores, [seconds] * len(ground_truth.classes)) for seed_scores in scores]
    baselines = {"psds1": settings.baselines.psds1, "psds2": settings.baselines.psds2}
    value_C: npt.NDArray[np.float64] = np.mean(
        [
            psds(seed_scores, ground_truth, criteria).class_value_C / baselines[name]
            for seed_scores in smooth
            for name, criteria in criteria_for(ground_truth).items()
        ],
        axis=0,
    )
    return value_C


def _of_clips(scores: DetectorScores, ground_truth: GroundTruth) -> DetectorScores:
    """The scores of the ground truth's clips. Raises PslError for a clip without any."""
    missing = [clip_id for clip_id in ground_truth.duration_s if clip_id not in scores]
    if missing:
        raise PslError(
            f"{len(missing)} clips of the ground truth have no scores, the first is {missing[0]}: run the stage detect "
            "again"
        )
    return {clip_id: scores[clip_id] for clip_id in ground_truth.duration_s}
