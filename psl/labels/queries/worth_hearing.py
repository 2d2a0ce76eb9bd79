"""Which windows are worth hearing: where soft and weak labels differ, and where a model is at its best and worst."""

from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Literal, NamedTuple

import duckdb

from psl.labels.open_store import open_store
from psl.labels.queries.recipes import UNMATCHED

Source = Literal["labels", "scores"]  # of the clips that a student learns, or of evaluation clips
OF_CLASS = 2  # windows of one class in a group, at most; a clip is in it once
SOURCES: Mapping[Source, str] = {
    "labels": f"""SELECT *, NULL AS start_s FROM clip_labels JOIN named_clips USING (clip_id)
        WHERE window_key = $key AND mid NOT IN ({UNMATCHED.format(key="$key")})""",
    "scores": """SELECT * REPLACE (highest_p AS p) FROM model_scores JOIN scored_clips USING (clip_id)
        WHERE model = $key""",
}
CHOSEN = """
SELECT clip_id, name, p, weak, truth, start_s, path, file_start_s, file_end_s FROM (
    SELECT * FROM ({source}) WHERE path IS NOT NULL AND {where}
    QUALIFY row_number() OVER (PARTITION BY clip_id ORDER BY {order}, name) = 1
)
QUALIFY row_number() OVER (PARTITION BY name ORDER BY {order}, clip_id) <= $of_class
ORDER BY {order}, clip_id, name LIMIT $n
"""
START = """
SELECT start_s FROM soft_labels WHERE window_key = $key AND clip_id = $clip AND name = $name
ORDER BY p DESC, start_s LIMIT 1
"""
SUREST, LEAST_SURE = "p DESC NULLS LAST", "p NULLS FIRST"
SURE, UNSURE = "p >= 0.5", "coalesce(p, 0) < 0.5"


class HeardWindow(NamedTuple):
    """A class in a window of a clip."""

    clip_id: str
    name: str  # of the class
    p: float | None  # the highest of the clip's windows; None: below annotate.min_probability
    weak: bool | None  # whether it is a weak label; None: unknown
    truth: bool | None  # whether the clip has an event of it; None: unknown
    start_s: float | None  # of the window in the clip; None: no window has the class
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
        "What the annotator hears in training clips whose weak labels lack it, the surest first; p is 0.5 or more.",
        "labels",
        f"NOT weak AND {SURE}",
        SUREST,
    ),
    Group(
        "Contradicted labels",
        "Weak labels of training clips that no window confirms by 0.5: the least likely first, where p is highest.",
        "labels",
        f"weak AND {UNSURE}",
        LEAST_SURE,
    ),
    Group(
        "Best",
        "Labels of evaluation clips of which the student is surest.",
        "scores",
        f"weak AND {SURE}",
        SUREST,
    ),
    Group(
        "Worst: missed",
        "Labels of evaluation clips to which the student gives less than 0.5: the lowest first, where p is highest.",
        "scores",
        f"weak AND {UNSURE}",
        LEAST_SURE,
    ),
    Group(
        "Worst: false alarms",
        "What the student is surest of in evaluation clips that do not have it.",
        "scores",
        f"NOT weak AND truth IS NOT true AND {SURE}",
        SUREST,
    ),
)


def worth_hearing(store: Path, key: str, n: int) -> dict[Group, list[HeardWindow]]:
    """Up to `n` of each group: of the labels that the student `key` learns, and of its scores of evaluation clips."""
    with open_store(store) as connection:
        return {group: [*_chosen(connection, group, key, n)] for group in GROUPS}


def _chosen(connection: duckdb.DuckDBPyConnection, group: Group, key: str, n: int) -> Iterator[HeardWindow]:
    query = CHOSEN.format(source=SOURCES[group.source], where=group.where, order=group.order)
    for row in connection.execute(query, {"key": key, "n": n, "of_class": OF_CLASS}).fetchall():
        window = HeardWindow(*row)
        yield window if group.source == "scores" else window._replace(start_s=_start(connection, key, window))


def _start(connection: duckdb.DuckDBPyConnection, key: str, window: HeardWindow) -> float | None:
    found = connection.execute(START, {"key": key, "clip": window.clip_id, "name": window.name}).fetchone()
    return found[0] if found else None
