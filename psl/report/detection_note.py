"""The note below the table of detectors: how they were evaluated, in sentences."""

from collections.abc import Mapping, Sequence
from typing import Any

from psl.config import Detect, Student, TrainStudent
from psl.evaluation.detection.median_filter import median_lengths, steps_in
from psl.evaluation.detection.metrics.ground_truth import TOLERANCE_S
from psl.report.detection_table import DetectorResult, evaluated, lacks_classes, reference
from psl.report.tables import percent

LONG_STEP_S = 0.1  # systems made for PSDS-1 have steps of up to 64 ms


def detection_note(
    rows: Sequence[DetectorResult], settings: Detect, students: Mapping[str, Student], common: TrainStudent
) -> str:
    """How the detectors of the table were evaluated."""
    results = evaluated(rows)
    if not results:
        return f"The corpus {settings.corpus} has no strong labels (no strong.parquet): no detector was evaluated."
    sentences = [
        _measured_on(reference(results).numbers, settings),
        *_without_events(reference(results).numbers),
        *_lacking(results),
        _scores(settings, results),
        f"The DCASE score is the mean of PSDS-1 over {percent(settings.baselines.psds1)} % and PSDS-2 over "
        f"{percent(settings.baselines.psds2)} %; in brackets {100 * settings.confidence:g} % intervals over clips "
        f"and, of several seeds, over seeds; events of the F measures are scores above "
        f"{settings.collar_threshold:g} (collar) and {settings.segment_threshold:g} (segment).",
        "A model of several seeds is scored once a seed, and the means are shown; an ensemble is the mean of the "
        "scores of all.",
        *_shorter(students, common),
        *_long_steps(results),
    ]
    return " ".join(sentences)


def _measured_on(numbers: Mapping[str, Any], settings: Detect) -> str:
    without = numbers["n_clips_without_events"]
    kept = f"kept ({without:,} of them)" if settings.empty_files == "keep" else "dropped"
    others = {
        "have no features": numbers["n_clips_unread"],
        "leak from training": numbers["n_clips_excluded"],
        "are shorter than their events": numbers["n_clips_too_short"],
        "were never annotated in time": numbers["n_clips_not_annotated"],
        "chose the median lengths": numbers["n_clips_development"],
    }
    left_out = "".join(f"; {count:,} clips that {why} are left out" for why, count in others.items() if count)
    left_out += _others(numbers)
    if numbers["n_events_cut"]:
        left_out += (
            f"; {numbers['n_events_cut']:,} events end up to {TOLERANCE_S:g} s after their clip and are cut there"
        )
    unknown = (
        f"; classes the models do not know: {', '.join(numbers['classes_unknown'])}"
        if numbers["classes_unknown"]
        else ""
    )
    return (
        f"Measured on {numbers['n_clips']:,} clips ({settings.corpus}, {settings.subset}), {numbers['n_events']:,} "
        f"events of {numbers['n_classes']} classes; clips without events are {kept}{left_out}{unknown}."
    )


def _lacking(results: Sequence[DetectorResult]) -> list[str]:
    """A sentence on an annotator that does not have all the classes."""
    return [
        f"{row.name} is measured on {row.numbers['n_classes']} of these classes, and is not comparable: it does not "
        f"have {', '.join(row.numbers['classes_unknown'])}."
        for row in results
        if lacks_classes(row, results)
    ]


def _without_events(numbers: Mapping[str, Any]) -> list[str]:
    """Sentences on classes that have no event, and on what needs two that have."""
    names = numbers["classes_left_out"]
    left_out = [f"Left out, having no event: {', '.join(names)}."] if names else []
    return left_out + (["PSDS-2 and the DCASE score need events of two classes."] if numbers["n_classes"] < 2 else [])


def _others(numbers: Mapping[str, Any]) -> str:
    """On events of classes outside the vocabulary, and the clips that have no others."""
    events, clips = numbers["n_events_of_other_classes"], numbers["n_clips_of_other_classes"]
    stay = f", and {clips:,} clips that have only such are kept: what is detected there is false" if clips else ""
    return f"; {events:,} events of other classes are left out{stay}" if events else ""


def _scores(settings: Detect, rows: Sequence[DetectorResult]) -> str:
    kind = (
        "the networks' own time steps"
        if settings.scores == "steps"
        else f"windows of {settings.window_seconds:g} s every {settings.hop_seconds:g} s, averaged where they overlap"
    )
    return f"Scores: {kind}; {_median(settings, rows)}."


def _median(settings: Detect, rows: Sequence[DetectorResult]) -> str:
    lengths = median_lengths(settings)
    if not any(lengths):
        return "no median filter"
    wanted = ", ".join(f"{seconds:g}" for seconds in lengths)
    steps = {step_s: [steps_in(seconds, step_s) for seconds in lengths] for step_s in _steps_s(rows)}
    used = " or ".join(
        f"{', '.join(map(str, counts))} step{'s' * (counts != [1])} of {step_s:g} s" for step_s, counts in steps.items()
    )
    used += " (1 step filters nothing)" if any(1 in counts for counts in steps.values()) else ""
    if settings.median_candidates_seconds is None:
        return f"a median filter of {wanted} s, that is {used}"
    others = f"on {reference(rows).numbers['n_clips_development']:,} other clips"
    return f"a median filter whose length is each class's best of {wanted} s, that is {used}, {others}"


def _steps_s(rows: Sequence[DetectorResult]) -> list[float]:
    """Lengths of the detectors' steps: one, unless networks of several kinds give steps of their own."""
    return sorted({row.numbers["step_s"] for row in rows})


def _shorter(students: Mapping[str, Student], common: TrainStudent) -> list[str]:
    """A sentence on students that were trained for fewer steps than the others."""
    fewer = [
        f"{key} for {student.max_steps:,}"
        for key, student in students.items()
        if student.max_steps and student.max_steps < common.max_steps
    ]
    return [f"Trained for fewer steps than the students' {common.max_steps:,}: {', '.join(fewer)}."] if fewer else []


def _long_steps(rows: Sequence[DetectorResult]) -> list[str]:
    step_s = max(_steps_s(rows))
    if step_s <= LONG_STEP_S:
        return []
    return [
        f"Scores change every {step_s:g} s at most: PSDS-1, which asks that 70 % of an event overlap, is low by "
        "construction."
    ]
