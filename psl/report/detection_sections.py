"""The page's sections on detection."""

from collections.abc import Mapping, Sequence
from pathlib import Path

from psl.report.detection_table import DetectorResult, detection_table, evaluated
from psl.report.sections import Section


def detect_sections(rows: Sequence[DetectorResult], note: str, pictures: Mapping[str, Path]) -> list[Section]:
    """The table, and below it the pictures `detect_classes`, `detect_roc` and `detect_timelines`.

    Nothing when no detector was evaluated.
    """
    if not evaluated(rows):
        return []
    roc = "How many events a detector finds for how many false alarms it costs, over all thresholds."
    timelines = (
        "Scores after the median filter, and what is true. The clips are those with the most events, whatever they "
        "look like."
    )
    return [
        Section(
            "Detection in time",
            note,
            detection_table(rows),
            pictures["detect_classes"],
            "PSDS of each class and detector",
        ),
        Section(
            "Detections over false alarms",
            roc,
            [],
            pictures["detect_roc"],
            "PSDS-ROC of each class and the effective one",
        ),
        Section(
            "Scores over time",
            timelines,
            [],
            pictures["detect_timelines"],
            "scores of a few clips over time with their true events",
        ),
    ]
