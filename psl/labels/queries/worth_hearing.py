"""Which windows are worth hearing: where soft and weak labels differ, and where a model is at its best and worst."""

from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Literal, NamedTuple

import duckdb

from psl.labels.open_store import open_store

Source = Literal["labels", "scores"]  # of the clips that a student learns, or of evaluation clips
OF_CLASS = 2  # windows of one class in a group, at most; a clip is in it once
SOURCES: Mapping[Source, str] = {
    "labels": "SELECT *, NULL AS start_s FROM clip_labels WHERE window_key = $key",
    "scores": "SELECT * REPLACE (highest_p AS p) FROM model_scores WHERE model = $key",
}
CHOSEN = """
SELECT clip_id, name, coalesce(p, 0) AS p, weak, truth, start_s, path, file_start_s, file_end_s FROM (
    SELECT * FROM ({source}) WHERE {where}
    QUALIFY row_number() OVER (PARTITION BY clip_id ORDER BY {order}, name) = 1
) JOIN named_clips USING (clip_id)
WHERE path IS NOT NULL
QUALIFY row_number() OVER (PARTITION BY name ORDER BY {order}, clip_id) <= $of_class
ORDER BY {order}, clip_id, name LIMIT $n
"""
START = """
SELECT start_s FROM soft_labels WHERE window_key = $key AND clip_id = $clip AND name = $name
ORDER BY p DESC, start_s LIMIT 1
"""
HIGHEST, LOWEST = "p DESC NULLS LAST", "p NULLS FIRST"


class Worth(NamedTuple):
    """A class in a window of a clip."""

    clip_id: str
    name: str  # of the class
    p: float  # the highest of the clip's windows
    weak: bool | None  # whether it is a weak label; None: unknown
    truth: bool | None  # whether the clip has an event of it; None: unknown
    start_s: float | None  # of the window in the clip; None: no window has the class, or it is not known which
    path: str  # of the recording
    file_start_s: float  # where the clip begins in it
    file_end_s: float | None  # where it ends; None: with the file


class Group(NamedTuple):
    """A question, and how its windows are chosen."""

    title: str
    text: str
    source: Source
    where: str
    order: str


GROUPS = (
    Group(
        "Missing labels found",
        "What the annotator hears in training clips whose weak labels lack it, the surest first.",
        "labels",
        "NOT weak",
        HIGHEST,
    ),
    Group(
        "Contradicted labels",
        "Weak labels of training clips in which the annotator hears the class least, where it scores highest.",
        "labels",
        "weak AND coalesce(p, 0) < 0.5",
        LOWEST,
    ),
    Group(
        "Best",
        "Labels of evaluation clips of which the student is surest.",
        "scores",
        "weak",
        HIGHEST,
    ),
    Group(
        "Worst: missed",
        "Labels of evaluation clips to which the student gives the lowest score, where that is highest.",
        "scores",
        "weak",
        LOWEST,
    ),
    Group(
        "Worst: false alarms",
        "What the student is surest of in evaluation clips without the label.",
        "scores",
        "NOT weak AND truth IS NOT true",
        HIGHEST,
    ),
)


def worth_hearing(store: Path, key: str, n: int) -> dict[Group, list[Worth]]:
    """Up to `n` of each group: of the labels that the student `key` learns, and of its scores of evaluation clips."""
    with open_store(store) as connection:
        return {group: [*_chosen(connection, group, key, n)] for group in GROUPS}


def _chosen(connection: duckdb.DuckDBPyConnection, group: Group, key: str, n: int) -> Iterator[Worth]:
    query = CHOSEN.format(source=SOURCES[group.source], where=group.where, order=group.order)
    for row in connection.execute(query, {"key": key, "n": n, "of_class": OF_CLASS}).fetchall():
        worth = Worth(*row)
        yield worth if group.source == "scores" else worth._replace(start_s=_start(connection, key, worth))


def _start(connection: duckdb.DuckDBPyConnection, key: str, worth: Worth) -> float | None:
    found = connection.execute(START, {"key": key, "clip": worth.clip_id, "name": worth.name}).fetchone()
    return found[0] if found else None
