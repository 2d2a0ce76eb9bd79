"""What is scored of a detector: the clips that count, and its scores after a median filter, whose lengths other clips may choose."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np

from psl.detection.measured import Scores, Values, criteria_for
from psl.detection.median import best_lengths, length_used, smoothed, step_of
from psl.detection.score_files import ScoreFile
from psl.detection.truth import KnownTruth, part_of
from psl.errors import PslError
from psl.metrics import DIGITS
from psl.metrics.detection import ClipScores, Truth, merge_overlaps, without_empty
from psl.metrics.psds import psds
from psl.params import Detect
from psl.splits import validation_clips


@dataclass(frozen=True)
class Prepared:
    """Scores of each seed after smoothing and the truth of the same clips, development clips apart.

    `median_s_C` are the lengths of the filter as it was, whole steps; 0 where nothing is filtered.
    """

    scores: Mapping[int, Scores]
    truth: Truth
    development: Truth | None
    median_s_C: Sequence[float]


def prepare(files: Mapping[int, ScoreFile], known: KnownTruth, settings: Detect) -> Prepared:
    """Take the clips to score, and smooth their scores as the parameters say: by one length, or by each class's best on other clips."""
    truth = merge_overlaps(known.truth) if settings.overlaps == "merge" else known.truth
    truth = without_empty(truth, known.only_others) if settings.empty_files == "drop" else truth
    everything = {seed: _of_clips(file.scores, truth) for seed, file in files.items()}
    if settings.median_candidates_seconds is None:
        assert settings.median_seconds is not None  # params.Detect has one of the two
        lengths: Sequence[float] = [settings.median_seconds] * len(truth.classes)
        return _smoothed(everything, truth, None, lengths)
    development, rest = _split(truth, known.source, settings)
    lengths = _chosen_lengths([_of_clips(scores, development) for scores in everything.values()], development, settings)
    return _smoothed({seed: _of_clips(scores, rest) for seed, scores in everything.items()}, rest, development, lengths)


def _smoothed(scores: Mapping[int, Scores], truth: Truth, development: Truth | None, seconds_C: Sequence[float]) -> Prepared:
    step_s = step_of(next(iter(scores.values())))
    used_s_C = [round(length_used(seconds, step_s), DIGITS) for seconds in seconds_C]
    return Prepared({seed: smoothed(one, seconds_C) for seed, one in scores.items()}, truth, development, used_s_C)


def _split(truth: Truth, source: Mapping[str, str], settings: Detect) -> tuple[Truth, Truth]:
    """The development part and the rest: whole sources, or clips where all are of one source."""
    assert settings.development_share is not None  # it belongs to the candidates
    clip_ids = list(truth.duration_s)
    sources = [source[clip_id] for clip_id in clip_ids]
    groups = sources if len(set(sources)) > 1 else clip_ids
    chosen_N = validation_clips(groups, settings.development_share, settings.seed)
    development, rest = (part_of(truth, [clip_ids[n] for n in np.flatnonzero(part)]) for part in (chosen_N, ~chosen_N))
    least = min(2, len({event.class_id for event in truth.events}))
    for name, part in {"development part": development, "part that is scored": rest}.items():
        there = len({event.class_id for event in part.events})
        if there < least:
            raise PslError(
                f"the {name} has events of {there} classes in its {len(part.duration_s)} clips, and needs {least}: "
                "change detect.development_share"
            )
    return development, rest


def _chosen_lengths(scores: Sequence[Scores], truth: Truth, settings: Detect) -> list[float]:
    """Each class's length with the best share of the DCASE score, mean over seeds."""
    assert settings.median_candidates_seconds is not None  # the caller looked
    candidates = sorted(settings.median_candidates_seconds)
    value_LC = np.stack([_mean_over_seeds(scores, truth, seconds, settings) for seconds in candidates])
    return best_lengths(value_LC, candidates)


def _mean_over_seeds(scores: Sequence[Scores], truth: Truth, seconds: float, settings: Detect) -> Values:
    """Each class's own PSDS-1 and PSDS-2 over the baselines', shape (C,)."""
    smooth = [smoothed(one, [seconds] * len(truth.classes)) for one in scores]
    baselines = {"psds1": settings.baselines.psds1, "psds2": settings.baselines.psds2}
    value: Values = np.mean(
        [psds(one, truth, criteria).class_value_C / baselines[name] for one in smooth for name, criteria in criteria_for(truth).items()],
        axis=0,
    )
    return value


def _of_clips(scores: Scores, truth: Truth) -> dict[str, ClipScores]:
    """The scores of the truth's clips. Raises PslError for a clip without any."""
    missing = [clip_id for clip_id in truth.duration_s if clip_id not in scores]
    if missing:
        raise PslError(f"{len(missing)} clips of the truth have no scores, the first is {missing[0]}: run the stage detect again")
    return {clip_id: scores[clip_id] for clip_id in truth.duration_s}
