"""The page's sections on transfer."""

from collections.abc import Mapping
from pathlib import Path
from typing import Any

from psl.report.sections import Section
from psl.report.transfer_table import transfer_note, transfer_table


def transfer_sections(report: Mapping[str, Any], picture: Path, classes: Path) -> list[Section]:
    """The table with its picture, and the classes; none without transfers. `report` is reports/transfer.json."""
    if not report["sets"]:
        return []
    text = "Does what the models learned carry over to other sets? " + transfer_note(report)
    each = "The same in each class: the student's metric minus the annotator's, in points."
    return [
        Section(
            "Transfer",
            text,
            transfer_table(report),
            picture,
            "metric of each fine-tuned model on each set with its interval",
        ),
        Section("Transfer, class by class", each, [], classes, "student minus annotator in each class of each set"),
    ]
