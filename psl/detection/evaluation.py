"""What is said of a detector: PSDS-1 and PSDS-2 with their intervals, the DCASE score, F measures, and the same per class."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from psl.detection.measured import CRITERIA, Measured, Scores, Values, criteria_for, measure
from psl.detection.median import best_lengths, length_used, smoothed, step_of
from psl.detection.score_files import ScoreFile
from psl.detection.truth import LEAKED, NOT_ANNOTATED, SHORT, UNREAD, KnownTruth, part_of
from psl.errors import PslError
from psl.files import hash_json
from psl.metrics import DIGITS, rounded
from psl.metrics.bootstrap import interval
from psl.metrics.dcase_score import dcase_score
from psl.metrics.detection import ClipScores, Truth, ends_cut, merge_overlaps, without_empty
from psl.metrics.psds import psds
from psl.params import Detect
from psl.splits import validation_clips
from psl.vocabulary import Vocabulary

MEASURES = (*CRITERIA, "collar_f", "segment_f")
CLASS_COLUMNS = ("mid", "name", "events", *MEASURES, "median_s")


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

    Intervals are the bootstrap's over clips. Where one class only has events, PSDS-2 and the DCASE score are None. Raises PslError for NaN scores, overlapping events, and clips without scores.
    """
    ready = prepare(files, known, settings)
    classes = next(iter(files.values())).classes
    found = measure(list(ready.scores.values()), ready.truth, settings)
    class_C = {name: found[name].class_C if name in found else np.full(len(classes), np.nan) for name in MEASURES}
    summary = _summary(found, settings) | {"seeds": list(files)} | _about(files, ready, known, classes, settings)
    return Detection(summary, _class_rows(ready, classes, class_C))


def _summary(found: Mapping[str, Measured], settings: Detect) -> dict[str, Any]:
    """Values and intervals of all measures and of the DCASE score, whose draws are those of both PSDS; None for one that is not there."""
    summary: dict[str, Any] = {f"{name}_seeds": _all_rounded(found[name].value_S) if name in found else [] for name in CRITERIA}
    for name in MEASURES:
        one = found.get(name)
        summary |= _with_interval(name, float(one.value_S.mean()), one.draw_D, settings) if one else _nothing(name)
    if not found.keys() >= CRITERIA.keys():
        return summary | _nothing("score")
    bases = settings.baselines.psds1, settings.baselines.psds2
    score_D = np.array([dcase_score(*both, *bases) for both in zip(found["psds1"].draw_D, found["psds2"].draw_D, strict=True)])
    return summary | _with_interval("score", dcase_score(summary["psds1"], summary["psds2"], *bases), score_D, settings, most=np.inf)


def _with_interval(name: str, value: float, draw_D: Values, settings: Detect, most: float = 1.0) -> dict[str, Any]:
    low, high = interval(draw_D, value, settings.confidence, most=most)
    return {name: rounded(value), f"{name}_low": rounded(low), f"{name}_high": rounded(high)}


def _nothing(name: str) -> dict[str, Any]:
    return {name: None, f"{name}_low": None, f"{name}_high": None}


def _all_rounded(values: Values) -> list[float | None]:
    return [rounded(value) for value in values]


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
        "truth_hash": _truth_hash(ready),
        "step_s": rounded(step_of(next(iter(ready.scores.values())))),
        "median_s": sorted(set(ready.median_s_C)),
        "confidence": settings.confidence,
    }


def _truth_hash(ready: Prepared) -> str:
    """Of the clips, classes and events: detectors compare where it is the same."""
    durations = {clip_id: rounded(seconds) for clip_id, seconds in ready.truth.duration_s.items()}
    return hash_json([durations, list(ready.truth.classes), sorted(ready.truth.events)])


def _class_rows(ready: Prepared, classes: Vocabulary, value_C: Mapping[str, Values]) -> list[dict[str, Any]]:
    events_C = np.bincount([event.class_id for event in ready.truth.events], minlength=len(classes))
    return [
        {"mid": mid, "name": name, "events": int(events_C[c])}
        | {column: rounded(values[c]) for column, values in value_C.items()}
        | {"median_s": ready.median_s_C[c]}
        for c, (mid, name) in enumerate(zip(classes.mids, classes.names, strict=True))
    ]
