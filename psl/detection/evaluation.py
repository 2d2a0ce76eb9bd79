"""What is said of a detector: PSDS-1 and PSDS-2 with their intervals, the DCASE score, F measures, and the same per class."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np

from psl.detection.measured import CRITERIA, MEASURES, Measured, Values, measure
from psl.detection.median import step_of
from psl.detection.prepared import Prepared, prepare
from psl.detection.score_files import ScoreFile
from psl.detection.truth import LEAKED, NOT_ANNOTATED, SHORT, UNREAD, KnownTruth
from psl.files import hash_json
from psl.metrics import rounded
from psl.metrics.bootstrap import interval
from psl.metrics.dcase_score import dcase_score
from psl.metrics.detection import ends_cut
from psl.params import Detect
from psl.vocabulary import Vocabulary

CLASS_COLUMNS = ("mid", "name", "events", *MEASURES, "median_s")


@dataclass(frozen=True)
class Detection:
    """`summary` is flat, for `dvc metrics`; `classes` has one row a class, in their order."""

    summary: dict[str, Any]
    classes: list[dict[str, Any]]


def evaluate_detection(files: Mapping[int, ScoreFile], known: KnownTruth, settings: Detect) -> Detection:
    """Score a detector by each of its seeds: all values are means over them. Fractions, not per cent.

    Intervals are the bootstrap's over clips. Where one class only has events, PSDS-2 and the DCASE score are None. Raises PslError
    for NaN scores, overlapping events, and clips without scores.
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
