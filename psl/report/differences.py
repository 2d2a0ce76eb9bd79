"""A picture of where students lead their annotator and where they fall behind it: a bar a class."""

from collections.abc import Mapping, Sequence
from typing import Any

from psl.params import Annotator, Window
from psl.report.results import Result

Spec = dict[str, Any]
AHEAD, BEHIND = "#2e7ebc", "#c43c39"
NAMED = 40  # up to so many classes, each has its name
NOTHING: Spec = {
    "data": {"values": [{"text": "there is no student beside an annotator"}]},
    "mark": "text",
    "encoding": {"text": {"field": "text"}},
}
WIDTH, STEP, MANY_HEIGHT = 330, 17, 260


def evaluation_differences_chart(results: Sequence[Result], classes: Mapping[str, Sequence[Mapping[str, Any]]]) -> Spec:
    """AP of each student of windows minus the annotator's on the evaluation list; `classes` holds each key's rows (psl.evaluation)."""
    annotator = next((result.key for result in results if isinstance(result.model, Annotator)), None)
    there = {row["mid"]: row["ap"] for row in classes[annotator] if row["ap"] is not None} if annotator else {}
    groups = {
        f"{result.name}, AP": [
            {"name": row["name"], "clips": row["positives"], "difference": row["ap"] - there[row["mid"]]}
            for row in classes[result.key]
            if row["mid"] in there and row["ap"] is not None
        ]
        for result in results
        if isinstance(result.model, Window)
    }
    return difference_chart("Where students lead their annotator, and where they lag", groups)


def difference_chart(title: str, groups: Mapping[str, Sequence[Mapping[str, Any]]]) -> Spec:
    """Differences of classes, sorted, in one part a group; two parts stand side by side, and all have one scale.

    `groups` maps a part's title to rows of `name`, `clips` and `difference` (a fraction).
    """
    ends = [0.0, *(100 * row["difference"] for rows in groups.values() for row in rows)]
    parts = [_part(name, rows, [min(ends), max(ends)]) for name, rows in groups.items() if rows] or [NOTHING]
    head = {"text": title, "subtitle": "in brackets: test clips with the class; where they are few, chance moves it far"}
    return {"title": head, "spacing": 36, "columns": 2, "concat": parts}


def _part(title: str, rows: Sequence[Mapping[str, Any]], domain: list[float]) -> Spec:
    ordered = sorted(rows, key=lambda row: (-row["difference"], row["name"]))
    values = [
        {"class": f"{row['name'].replace('_', ' ')} ({row['clips']})", "rank": rank, "points": 100 * row["difference"]}
        for rank, row in enumerate(ordered, 1)
    ]
    few = len(values) <= NAMED
    axis = {"ticks": False, "domain": False, "labelLimit": 260, "labelFontSize": 12} if few else None
    y = {"field": "class", "type": "nominal", "sort": None, "title": None, "axis": axis}
    x = {"field": "points", "type": "quantitative", "title": "student \N{MINUS SIGN} annotator, points", "axis": {"tickCount": 5}}
    x["scale"] = {"domain": domain, "nice": 5}
    colour = {"condition": {"test": "datum.points >= 0", "value": AHEAD}, "value": BEHIND}
    size = {"height": {"step": STEP}} if few else {"height": MANY_HEIGHT}
    part_title = {"text": title, "fontSize": 14}
    return {
        **size,
        "width": WIDTH,
        "title": part_title,
        "data": {"values": values},
        "mark": "bar",
        "encoding": {"x": x, "y": y, "color": colour},
    }
