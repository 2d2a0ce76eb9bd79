"""The table of detectors, as DCASE's task 4 prints it: size, PSDS-1, PSDS-2, score, single model or ensemble."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from psl.detection.median import steps_in
from psl.metrics.detection import TOLERANCE_S
from psl.model_names import display_name
from psl.params import Detect, Detector, Ensemble, Sized, TrainStudent

DASH = "\N{EN DASH}"
OTHER_COLOURS = ("#76b7b2", "#b07aa1", "#9c755f", "#edc948", "#d37295", "#a0cbe8")  # of what is no model of the results table
LONG_STEP_S = 0.1  # systems made for PSDS-1 have steps of up to 64 ms
CSV_FIELDS = (
    *("n_parameters", "n_bytes", "psds1", "psds1_low", "psds1_high", "psds2", "psds2_low", "psds2_high"),
    *("score", "score_low", "score_high", "n_networks", "collar_f", "collar_f_low", "collar_f_high"),
    *("segment_f", "segment_f_low", "segment_f_high", "n_clips", "n_clips_development", "n_clips_without_events"),
)


@dataclass(frozen=True)
class Detected:
    """One detector: its key, how it is called and drawn, and the flat numbers of its evaluation (psl.detection.evaluation)."""

    key: str
    name: str
    colour: str
    numbers: Mapping[str, Any]


def detected(
    colours: Mapping[str, str],
    detectors: Mapping[str, Detector],
    ensembles: Mapping[str, Ensemble],
    numbers: Mapping[str, Mapping[str, Any]],
) -> list[Detected]:
    """Every detector with its `numbers`: the models, in the order of their `colours`, students of other widths, ensembles."""
    sized = [key for key, detector in detectors.items() if isinstance(detector, Sized)]
    names = {key: _name(key, detectors[key]) for key in (*colours, *sized)} | {key: f"Ensemble: {key}" for key in ensembles}
    others = [key for key in names if key not in colours]
    drawn = dict(colours) | {key: OTHER_COLOURS[number % len(OTHER_COLOURS)] for number, key in enumerate(others)}
    return [Detected(key, name, drawn[key], numbers[key]) for key, name in names.items()]


def scored(rows: Sequence[Detected]) -> list[Detected]:
    """Those that were held against a truth."""
    return [row for row in rows if row.numbers["n_clips"]]


def table(rows: Sequence[Detected]) -> list[dict[str, str]]:
    """The table as text, a dict from column to cell for each detector that was scored."""
    return [
        {
            "Detector": row.name,
            "parameters, M": f"{row.numbers['n_parameters'] / 1e6:.2f}",
            "on disk, MB": f"{row.numbers['n_bytes'] / 1e6:.2f}",
            "PSDS-1 %": _with_interval(row.numbers, "psds1"),
            "PSDS-2 %": _with_interval(row.numbers, "psds2"),
            "DCASE score": _with_interval(row.numbers, "score", _number),
            "single model": "yes" if row.numbers["n_networks"] == 1 else f"no, {row.numbers['n_networks']}",
            "collar F %": _with_interval(row.numbers, "collar_f"),
            "segment F %": _with_interval(row.numbers, "segment_f"),
        }
        for row in scored(rows)
    ]


def markdown(rows: Sequence[Detected], note: str) -> str:
    """The table in Markdown, with the `note` below it."""
    cells = table(rows)
    if not cells:
        return f"{note}\n"
    columns = list(cells[0])
    marks = ["---" if column in ("Detector", "single model") else "---:" for column in columns]
    return "\n".join(f"| {' | '.join(line)} |" for line in [columns, marks, *(list(row.values()) for row in cells)]) + f"\n\n{note}\n"


def csv_rows(rows: Sequence[Detected]) -> list[dict[str, Any]]:
    """The numbers as they are, a dict for each detector that was scored."""
    return [{"key": row.key, "name": row.name} | {field: row.numbers[field] for field in CSV_FIELDS} for row in scored(rows)]


def metrics(rows: Sequence[Detected]) -> dict[str, Any]:
    """For `dvc metrics`: both PSDS and the score of each detector."""
    return {row.key: {field: row.numbers[field] for field in ("psds1", "psds2", "score")} for row in scored(rows)}


def note(rows: Sequence[Detected], settings: Detect, sizes: Mapping[str, Sized], student: TrainStudent) -> str:
    """What the table rests on, in sentences."""
    there = scored(rows)
    if not there:
        return f"The corpus {settings.corpus} has no truth in time (no strong.parquet): nothing was held against it."
    sentences = [
        _measured_on(there[0].numbers, settings),
        *_without_events(there[0].numbers),
        _scores(settings, there[0].numbers),
        f"The DCASE score is the mean of PSDS-1 over {_percent(settings.baselines.psds1)} % and PSDS-2 over "
        f"{_percent(settings.baselines.psds2)} %; in brackets {100 * settings.confidence:g} % bootstrap intervals over clips; "
        f"events of the F measures are scores above {settings.collar_threshold:g} (collar) and {settings.segment_threshold:g} (segment).",
        "A model of several seeds is scored once a seed, and the means are shown; an ensemble is the mean of the scores of all.",
        *_shorter(sizes, student),
        *_long_steps(there),
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
        left_out += f"; {numbers['n_events_cut']:,} events end up to {TOLERANCE_S:g} s after their clip and are cut there"
    unknown = f"; classes the models do not know: {', '.join(numbers['classes_unknown'])}" if numbers["classes_unknown"] else ""
    return (
        f"Measured on {numbers['n_clips']:,} clips ({settings.corpus}, {settings.subset}), {numbers['n_events']:,} events of "
        f"{numbers['n_classes']} classes; clips without events are {kept}{left_out}{unknown}."
    )


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


def _scores(settings: Detect, numbers: Mapping[str, Any]) -> str:
    kind = (
        "the networks' own time steps"
        if settings.scores == "steps"
        else f"windows of {settings.window_seconds:g} s every {settings.hop_seconds:g} s, averaged where they overlap"
    )
    return f"Scores: {kind}; {_median(settings, numbers)}."


def _median(settings: Detect, numbers: Mapping[str, Any]) -> str:
    step_s, lengths = numbers["step_s"], settings.median_lengths
    if not any(lengths):
        return "no median filter"
    asked = ", ".join(f"{seconds:g}" for seconds in lengths)
    counts = [steps_in(seconds, step_s) for seconds in lengths]
    used = f"that is {', '.join(map(str, counts))} step{'s' if counts != [1] else ''} of {step_s:g} s"
    nothing = " (1 step filters nothing)" if 1 in counts else ""
    if settings.median_candidates_seconds is None:
        return f"a median filter of {asked} s, {used}{nothing}"
    return f"a median filter whose length is each class's best of {asked} s, {used}{nothing}, on {numbers['n_clips_development']:,} other clips"


def _shorter(sizes: Mapping[str, Sized], student: TrainStudent) -> list[str]:
    """A sentence on students of other widths that were trained for fewer epochs than the others."""
    fewer = [f"{key} in {size.max_epochs}" for key, size in sizes.items() if size.max_epochs and size.max_epochs < student.max_epochs]
    return [f"Trained for fewer epochs than the students' {student.max_epochs}: {', '.join(fewer)}."] if fewer else []


def _long_steps(rows: Sequence[Detected]) -> list[str]:
    step_s = rows[0].numbers["step_s"]
    if step_s <= LONG_STEP_S:
        return []
    return [f"Scores change every {step_s:g} s at most: PSDS-1, which asks that 70 % of an event overlap, is low by construction."]


def _name(key: str, detector: Detector) -> str:
    return key if isinstance(detector, Sized) else display_name(detector)


def _percent(value: float) -> str:
    return f"{100 * value:.1f}"


def _number(value: float) -> str:
    return f"{value:.2f}"


def _with_interval(numbers: Mapping[str, Any], name: str, written: Callable[[float], str] = _percent) -> str:
    if numbers[name] is None:
        return DASH
    return f"{written(numbers[name])} ({written(numbers[f'{name}_low'])} {DASH} {written(numbers[f'{name}_high'])})"
