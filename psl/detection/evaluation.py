"""What is said of a detector: PSDS-1 and PSDS-2 with their intervals, the DCASE score, F measures, and the same per class."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt

from psl.detection.median import best_lengths, length_used, smoothed, step_of
from psl.detection.score_files import ScoreFile
from psl.detection.truth import LEAKED, NOT_ANNOTATED, SHORT, UNREAD, KnownTruth, part_of
from psl.errors import PslError
from psl.metrics import DIGITS, rounded
from psl.metrics.bootstrap import interval
from psl.metrics.collar_f import collar_f
from psl.metrics.dcase_score import dcase_score
from psl.metrics.detection import ClipScores, Truth, ends_cut, merge_overlaps, without_empty
from psl.metrics.psds import PSDS1, PSDS2, psds
from psl.metrics.psds_bootstrap import bootstrap_psds
from psl.metrics.segment_f import segment_f
from psl.params import Detect
from psl.splits import validation_clips
from psl.vocabulary import Vocabulary

CRITERIA = {"psds1": PSDS1, "psds2": PSDS2}
CLASS_COLUMNS = ("mid", "name", "events", "psds1", "psds2", "collar_f", "segment_f", "median_s")
Scores = Mapping[str, ClipScores]
Values = npt.NDArray[np.float64]


@dataclass(frozen=True)
class Prepared:
    """Scores of each seed after smoothing and the truth of the same clips, development clips apart.

    `median_s_C` are the lengths of the filter as it was, whole steps; 0 where nothing is filtered.
    """

    scores: Mapping[int, Scores]
    truth: Truth
    development: Truth | None
    median_s_C: Sequence[float]


@dataclass(frozen=True)
class Detection:
    """`summary` is flat, for `dvc metrics`; `classes` has one row a class, in their order."""

    summary: dict[str, Any]
    classes: list[dict[str, Any]]


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


def evaluate_detection(files: Mapping[int, ScoreFile], known: KnownTruth, settings: Detect) -> Detection:
    """Score a detector by each of its seeds: all values are means over them. Fractions, not per cent.

    Intervals are the bootstrap's over clips. Raises PslError for NaN scores, overlapping events, and clips without scores.
    """
    ready = prepare(files, known, settings)
    classes = next(iter(files.values())).classes
    found = {name: [psds(scores, ready.truth, criteria) for scores in ready.scores.values()] for name, criteria in CRITERIA.items()}
    summary: dict[str, Any] = {}
    for name, results in found.items():
        value_S = np.array([result.value for result in results])
        draws = [bootstrap_psds(scores, ready.truth, CRITERIA[name], settings.draws, settings.seed) for scores in ready.scores.values()]
        low, high = interval(np.mean(draws, axis=0), float(value_S.mean()), settings.confidence)
        summary |= {name: rounded(value_S.mean()), f"{name}_low": rounded(low), f"{name}_high": rounded(high)}
        summary[f"{name}_seeds"] = [rounded(value) for value in value_S]
    value_C = {name: np.mean([result.class_value_C for result in results], axis=0) for name, results in found.items()}
    collar = [collar_f(scores, ready.truth, settings.collar_threshold) for scores in ready.scores.values()]
    segment = [segment_f(scores, ready.truth, settings.segment_threshold) for scores in ready.scores.values()]
    value_C |= {"collar_f": np.mean([f.f_C for f in collar], axis=0), "segment_f": np.mean([f.f_C for f in segment], axis=0)}
    summary |= {
        "score": rounded(dcase_score(summary["psds1"], summary["psds2"], settings.baselines.psds1, settings.baselines.psds2)),
        "collar_f": rounded(float(np.mean([f.macro for f in collar]))),
        "segment_f": rounded(float(np.mean([f.macro for f in segment]))),
        "seeds": list(files),
    }
    return Detection(summary | _about(files, ready, known, classes, settings), _class_rows(ready, classes, value_C))


def _split(truth: Truth, source: Mapping[str, str], settings: Detect) -> tuple[Truth, Truth]:
    """The development part and the rest: whole sources, or clips where all are of one source."""
    assert settings.development_share is not None  # it belongs to the candidates
    clip_ids = list(truth.duration_s)
    sources = [source[clip_id] for clip_id in clip_ids]
    groups = sources if len(set(sources)) > 1 else clip_ids
    chosen_N = validation_clips(groups, settings.development_share, settings.seed)
    development, rest = (part_of(truth, [clip_ids[n] for n in np.flatnonzero(part)]) for part in (chosen_N, ~chosen_N))
    for name, part in {"development part": development, "part that is scored": rest}.items():
        if len({event.class_id for event in part.events}) < 2:
            raise PslError(
                f"the {name} has events of fewer than two classes in its {len(part.duration_s)} clips: change detect.development_share"
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
        [psds(one, truth, CRITERIA[name]).class_value_C / base for one in smooth for name, base in baselines.items()], axis=0
    )
    return value


def _of_clips(scores: Scores, truth: Truth) -> dict[str, ClipScores]:
    """The scores of the truth's clips. Raises PslError for a clip without any."""
    missing = [clip_id for clip_id in truth.duration_s if clip_id not in scores]
    if missing:
        raise PslError(f"{len(missing)} clips of the truth have no scores, the first is {missing[0]}: run the stage detect again")
    return {clip_id: scores[clip_id] for clip_id in truth.duration_s}


def _about(files: Mapping[int, ScoreFile], ready: Prepared, known: KnownTruth, classes: Vocabulary, settings: Detect) -> dict[str, Any]:
    """What the numbers rest on."""
    with_events = {event.class_id for event in ready.truth.events}
    clips_with_events = {event.clip_id for event in ready.truth.events}
    only_others = known.only_others & ready.truth.duration_s.keys()
    return {
        "n_clips": len(ready.truth.duration_s),
        "n_clips_development": len(ready.development.duration_s) if ready.development else 0,
        "n_clips_without_events": len(ready.truth.duration_s) - len(clips_with_events) - len(only_others),
        "n_clips_of_other_classes": len(only_others),
        "n_clips_unread": known.count(UNREAD),
        "n_clips_excluded": known.count(LEAKED),
        "n_clips_too_short": known.count(SHORT),
        "n_clips_not_annotated": known.count(NOT_ANNOTATED),
        "n_events": len(ready.truth.events),
        "n_events_of_other_classes": sum(count for clip_id, count in known.others.items() if clip_id in ready.truth.duration_s),
        "n_events_cut": ends_cut(ready.truth),
        "n_classes": len(with_events),
        "classes_left_out": [name for c, name in enumerate(classes.names) if c not in with_events],
        "step_s": rounded(step_of(next(iter(ready.scores.values())))),
        "median_s": sorted(set(ready.median_s_C)),
        "confidence": settings.confidence,
    }


def _class_rows(ready: Prepared, classes: Vocabulary, value_C: Mapping[str, Values]) -> list[dict[str, Any]]:
    events_C = np.bincount([event.class_id for event in ready.truth.events], minlength=len(classes))
    return [
        {"mid": mid, "name": name, "events": int(events_C[c])}
        | {column: rounded(values[c]) for column, values in value_C.items()}
        | {"median_s": ready.median_s_C[c]}
        for c, (mid, name) in enumerate(zip(classes.mids, classes.names, strict=True))
    ]
