"""Judge an annotator at one window length on the validation clips, and fit its calibration."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, NamedTuple

import numpy as np
import numpy.typing as npt

from psl.config.calibrate import Calibrate
from psl.evaluation.scores.rounding import rounded
from psl.io.labels.calibration import about_labels
from psl.io.metadata.vocabulary import Vocabulary
from psl.labels.calibration.cross_fit import calibrate_rows, cross_fitted, folds_of
from psl.labels.calibration.fit import fit_calibration, fit_global
from psl.labels.calibration.heard import Heard
from psl.labels.calibration.logistic import Lines
from psl.labels.calibration.measure import mean_average_precision, measure
from psl.labels.calibration.pairs import Bools, Pairs
from psl.labels.calibration.verdict import verdict
from psl.labels.recovery import Events, true_in_windows

DIGITS = 6  # of slopes and offsets


@dataclass(frozen=True)
class Truth:
    """What is known of the N validation clips, in the order of their ids."""

    vocabulary: Vocabulary
    weak_NC: Bools
    known_NC: Bools  # where a missing weak label means that the class is not there
    source_N: Sequence[str]
    annotated_C: Bools  # classes that the annotator has; the others are neither fitted nor measured
    events: Events | None = None  # where events in time are known; clips without any are left out then


class Judgement(NamedTuple):
    """What is fitted and what is measured, as JSON."""

    calibration: dict[str, Any]  # data/calibration/KEY.json: `labels` and `classes`, see psl.io.labels.calibration
    report: dict[str, Any]  # reports/calibrate/KEY.json: numbers, the verdict, reliability curves


def judge(
    heard: Heard,
    whole_NC: npt.NDArray[np.float32],
    truth: Truth,
    *,
    seconds: float,
    params: Calibrate,
    provenance: dict[str, Any],
) -> Judgement:
    """Judge windows of `seconds`: `heard` has them, with all windows where there are events.

    `whole_NC` has the scores of whole clips, in the order of their ids. `provenance` is that of the labels. The
    calibration is fitted to all clips; what is measured of calibrated probabilities is measured on clips of sources
    that a calibration was not fitted to. Nothing is fitted or measured when there are fewer clips than
    params.min_clips, or when none has a label that the annotator knows: both files say so then.
    """
    weak = Pairs(heard.p_NC, truth.weak_NC, truth.known_NC & truth.annotated_C)
    at_window, on_whole = (mean_average_precision(pairs, params) for pairs in (weak, weak.of(whole_NC)))
    about = about_labels(provenance | {"vocabulary_hash": truth.vocabulary.hash})
    if len(weak) < params.min_clips:
        few = f"there are {len(weak)} validation clips, and calibrate.min_clips asks for {params.min_clips}"
        return _not_judged(seconds, len(weak), few, about=about, confidence=params.confidence)
    if np.isnan(at_window.value):
        none = f"none of the {len(weak)} validation clips has a weak label of a class that it has"
        return _not_judged(seconds, len(weak), none, about=about, confidence=params.confidence)
    lines = _rounded(fit_calibration(weak, truth.annotated_C, params.shrinkage_clips))
    fits = cross_fitted(weak, truth.annotated_C, params.shrinkage_clips, folds_of(truth.source_N))
    said = verdict(
        about["annotator_key"],
        seconds,
        at_window,
        on_whole,
        n_clips=len(weak),
        too_short_ratio=params.too_short_ratio,
    )
    report = {
        "window_seconds": seconds,
        "n_clips": len(weak),
        "confidence": params.confidence,
        **at_window.numbers(params.confidence),
        "whole_clips": on_whole.numbers(params.confidence),
        "verdict": {"too_short": said.too_short, "ratio": rounded(said.ratio), "text": said.text},
        "global": dict(zip(("slope", "offset"), map(rounded, fit_global(weak)), strict=True)),
        "measured": _measured(heard, weak, truth, fits, params=params),
    }
    return Judgement({"labels": about, "classes": _classes(truth, weak, lines)}, report)


def _not_judged(seconds: float, n_clips: int, why: str, *, about: dict[str, Any], confidence: float) -> Judgement:
    """What is said of an annotator that the validation clips cannot test."""
    text = (
        f"Nothing is known of the annotator {about['annotator_key']} in windows of {seconds:g} s, since {why}: raise "
        "train_annotator.validation_share, add clips, or look at the annotator's classes."
    )
    report = {
        "window_seconds": seconds,
        "n_clips": n_clips,
        "confidence": confidence,
        "verdict": {"too_short": None, "ratio": None, "text": text},
        "measured": {},
    }
    return Judgement({"labels": about, "classes": [], "not_fitted": text}, report)


def _measured(
    heard: Heard, weak: Pairs, truth: Truth, fits: list[tuple[Bools, Lines]], *, params: Calibrate
) -> dict[str, Any]:
    """For each kind of truth mAP, and what is measured raw and calibrated."""
    n_clips = len(weak)
    kinds = {"weak_labels": (weak, np.arange(n_clips))}
    if truth.events is not None and len(truth.events.clip_E):
        true_NC, true_WC = _true(heard, truth, truth.events)
        has_events_N = np.zeros(n_clips, bool)
        has_events_N[truth.events.clip_E] = True
        clip_W = heard.clip_W[has_events_N[heard.clip_W]]
        windows = Pairs(heard.p_WC, true_WC, np.broadcast_to(truth.annotated_C, true_WC.shape))
        clips = Pairs(heard.p_NC, true_NC, np.broadcast_to(truth.annotated_C, true_NC.shape))
        kinds["true_in_clip"] = clips.rows(has_events_N), np.flatnonzero(has_events_N)
        kinds["true_in_window"] = windows.rows(has_events_N[heard.clip_W]), clip_W
    return {
        kind: {
            "mAP": rounded(mean_average_precision(pairs).value),
            "raw": measure(pairs, params.bins).numbers(),
            "calibrated": measure(pairs.of(calibrate_rows(pairs.p_NC, clip_M, fits)), params.bins).numbers(),
        }
        for kind, (pairs, clip_M) in kinds.items()
    }


def _true(heard: Heard, truth: Truth, events: Events) -> tuple[Bools, Bools]:
    """true_NC and true_WC by the events."""
    true_NC, true_WC = np.zeros(truth.weak_NC.shape, bool), np.zeros(heard.p_WC.shape, bool)
    true_NC[events.clip_E, events.class_E] = True
    true_WC[true_in_windows(events, heard.clip_W, heard.start_ms_W, heard.duration_ms_W)] = True
    return true_NC, true_WC


def _classes(truth: Truth, weak: Pairs, lines: Lines) -> list[dict[str, Any]]:
    """Each class's curve and its number of clips with the label."""
    columns = zip(
        truth.vocabulary.mids,
        truth.vocabulary.names,
        weak.true_known().sum(axis=0).tolist(),
        lines.slope_C.tolist(),
        lines.offset_C.tolist(),
        truth.annotated_C.tolist(),
        strict=True,
    )
    return [
        {"mid": mid, "name": name, "clips": clips, "slope": slope, "offset": offset, "annotated": annotated}
        for mid, name, clips, slope, offset, annotated in columns
    ]


def _rounded(lines: Lines) -> Lines:
    """Rounded: more digits would differ from machine to machine. Slopes stay above 0."""
    return Lines(*(np.round(values_C, DIGITS) for values_C in lines))
