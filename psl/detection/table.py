"""The table of detectors, as DCASE's task 4 prints it: size, PSDS-1, PSDS-2, score, single model or ensemble."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from psl.errors import PslError
from psl.model_names import display_name
from psl.params import Detector, Ensemble, Sized

DASH = "\N{EN DASH}"
OTHER_COLOURS = ("#76b7b2", "#b07aa1", "#9c755f", "#edc948", "#d37295", "#a0cbe8")  # of what is no model of the results table
MEASURED_ON = (  # what the note says once for all detectors, and so has to be the same of all
    *("n_clips", "n_clips_development", "n_clips_without_events", "n_clips_of_other_classes", "n_clips_unread", "n_clips_excluded"),
    *("n_clips_too_short", "n_clips_not_annotated", "n_events", "n_events_of_other_classes", "n_events_cut", "n_classes"),
    *("classes_left_out", "classes_unknown", "truth_hash"),
)
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
    """Every detector with its `numbers`: the models, in the order of their `colours`, students of other widths, ensembles.

    Raises PslError for detectors that were not held against the same truth.
    """
    sized = [key for key, detector in detectors.items() if isinstance(detector, Sized)]
    names = {key: _name(key, detectors[key]) for key in (*colours, *sized)} | {key: f"Ensemble: {key}" for key in ensembles}
    others = [key for key in names if key not in colours]
    drawn = dict(colours) | {key: OTHER_COLOURS[number % len(OTHER_COLOURS)] for number, key in enumerate(others)}
    rows = [Detected(key, name, drawn[key], numbers[key]) for key, name in names.items()]
    for row in rows:
        _require_comparable(rows[0], row)
    return rows


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


def percent(value: float) -> str:
    """A share in per cent, as tables show it."""
    return f"{100 * value:.1f}"


def _require_comparable(first: Detected, other: Detected) -> None:
    absent = [field for field in MEASURED_ON if field not in other.numbers]
    if other.numbers["n_clips"] and absent:
        raise PslError(f"the report of {other.name} is of an older form, without {absent[0]}: run the stages detect again")
    unlike = [field for field in MEASURED_ON if first.numbers.get(field) != other.numbers.get(field)]
    if unlike:
        ours, theirs = (f"{row.name} ({unlike[0]} {row.numbers.get(unlike[0])})" for row in (first, other))
        raise PslError(f"{ours} and {theirs} were not held against the same truth: run the stages detect of both again")


def _name(key: str, detector: Detector) -> str:
    return key if isinstance(detector, Sized) else display_name(detector)


def _number(value: float) -> str:
    return f"{value:.2f}"


def _with_interval(numbers: Mapping[str, Any], name: str, written: Callable[[float], str] = percent) -> str:
    if numbers[name] is None:
        return DASH
    return f"{written(numbers[name])} ({written(numbers[f'{name}_low'])} {DASH} {written(numbers[f'{name}_high'])})"
