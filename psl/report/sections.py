"""A part of the report's page."""

from dataclasses import dataclass
from pathlib import Path

from psl.report.tables import Table


@dataclass(frozen=True)
class Section:
    """A heading, a paragraph, and a table or a picture or both."""

    title: str
    text: str
    table: Table
    picture: Path | None
    description: str = ""  # of the picture, for people who cannot see it
