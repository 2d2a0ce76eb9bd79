"""What the report page says of transfer."""

from collections.abc import Mapping
from pathlib import Path
from typing import Any

from psl.report.page import Section
from psl.report.transfer_table import measured, table


def transfer_sections(report: Mapping[str, Any], picture: Path, classes: Path) -> list[Section]:
    """Two parts of the page: the table with its picture, and the classes; `report` is reports/transfer.json."""
    text = "Does what the models learned carry over to other sets? " + measured(report)
    each = "The same in each class: the student's metric minus the annotator's, in points."
    return [
        Section("Transfer", text, table(report), picture, "metric of each fine-tuned model on each set with its interval"),
        Section("Transfer, class by class", each, [], classes, "student minus annotator in each class of each set"),
    ]
