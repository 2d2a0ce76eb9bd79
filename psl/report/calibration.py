"""How the annotator fares at each window length: a table, the verdicts in words, and the page's section."""

from collections.abc import Mapping
from pathlib import Path
from typing import Any

from psl.report.sections import Section
from psl.report.tables import DASH, Table, count, decimal, with_interval

TRUTHS = {  # kinds of truth in reports/calibrate/KEY.json, as the axes of the curves
    "weak_labels": "how often the clip has the weak label",
    "true_in_clip": "how often it is in the clip",
    "true_in_window": "how often it is in the window",
}
WINDOWS = {True: "too short", False: "long enough", None: "not judged"}
ARROW = "\N{RIGHTWARDS ARROW}"


def calibration_table(reports: Mapping[str, Mapping[str, Any]], names: Mapping[str, str]) -> Table:
    """A row for each window length, by the keys of `reports` (reports/calibrate/KEY.json), which `names` has too."""
    return [
        {
            "labels": names[key],
            "clips": count(report["n_clips"]),
            "mAP": _map(report),
            "mAP, whole clips": _map(report.get("whole_clips", {})),
            "Brier score": _raw_and_calibrated(report, "weak_labels", "brier"),
            "calibration error": _raw_and_calibrated(report, "weak_labels", "ece"),
            "calibration error in the window": _raw_and_calibrated(report, "true_in_window", "ece"),
            "window": WINDOWS[report["verdict"]["too_short"]],
        }
        for key, report in reports.items()
    ]


def calibration_section(
    reports: Mapping[str, Mapping[str, Any]], names: Mapping[str, str], picture: Path, *, learnt: bool
) -> Section:
    """The table, the verdicts and the reliability curves; `learnt` says whether students learn calibrated labels."""
    confidence = next(iter(reports.values()))["confidence"]
    labels = "calibrated labels" if learnt else "the raw labels, not the calibrated ones"
    text = (
        "Each window length on training clips that the annotator was not trained on, against their weak labels: a "
        f"clip's score is the highest of its windows. In brackets the {100 * confidence:g} % interval over clips; then "
        f"raw {ARROW} calibrated, where clips are calibrated by others' labels. The calibration error is the mean "
        "distance between what is said and how often it is true; in the window it is known where events in time are. "
        f"Missing weak labels make a good annotator look too sure. Students learn {labels}. "
    )
    verdicts = " ".join(report["verdict"]["text"] for report in reports.values())
    return Section(
        "How short a window the annotator can hear",
        text + verdicts,
        calibration_table(reports, names),
        picture,
        "how often the annotator's probabilities are true at each window length, raw and calibrated",
    )


def _map(numbers: Mapping[str, Any]) -> str:
    return with_interval(numbers, "mAP") if "mAP" in numbers else DASH


def _raw_and_calibrated(report: Mapping[str, Any], kind: str, name: str) -> str:
    if kind not in report["measured"]:
        return DASH
    raw, calibrated = (report["measured"][kind][form][name] for form in ("raw", "calibrated"))
    return f"{decimal(raw, 4)} {ARROW} {decimal(calibrated, 4)}"
