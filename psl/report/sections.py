"""A part of the report's page."""

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from psl.report.tables import Table


@dataclass(frozen=True)
class Pair:
    """Two models by their names, and what is to be said of them."""

    first: str
    second: str
    verdict: str


@dataclass(frozen=True)
class Section:
    """A heading and a paragraph, and a table, a picture or a list."""

    title: str
    text: str
    table: Table
    picture: Path | None
    description: str = ""  # of the picture, for people who cannot see it
    points: Sequence[str] = ()  # sentences, shown as a list
    pairs: Sequence[Pair] = ()  # of which a reader picks one
    folded: bool = False  # whether the table is shown only when asked for
