"""A picture of where students lead their annotator and where they fall behind it: a bar a class."""

from collections.abc import Mapping, Sequence
from typing import Any

Spec = dict[str, Any]
AHEAD, BEHIND = "#2e7ebc", "#c43c39"
NAMED = 40  # up to so many classes, each has its name
WIDTH, STEP, MANY_HEIGHT = 330, 17, 260


def difference_chart(title: str, groups: Mapping[str, Sequence[Mapping[str, Any]]]) -> Spec:
    """Differences of classes, sorted, in one part a group; two parts stand side by side.

    `groups` maps a part's title to rows of `name`, `clips` and `difference` (a fraction).
    """
    parts = [_part(name, rows) for name, rows in groups.items() if rows]
    head = {"text": title, "subtitle": "in brackets: test clips with the class; where they are few, chance moves it far"}
    return {"title": head, "spacing": 36, "columns": 2, "concat": parts, "resolve": {"scale": {"x": "independent", "y": "independent"}}}


def _part(title: str, rows: Sequence[Mapping[str, Any]]) -> Spec:
    ordered = sorted(rows, key=lambda row: (-row["difference"], row["name"]))
    values = [
        {"class": f"{row['name']} ({row['clips']})", "rank": rank, "points": 100 * row["difference"]} for rank, row in enumerate(ordered, 1)
    ]
    few = len(values) <= NAMED
    axis = {"ticks": False, "domain": False, "labelLimit": 190, "labelFontSize": 12} if few else None
    y = {"field": "class", "type": "nominal", "sort": None, "title": None, "axis": axis}
    x = {"field": "points", "type": "quantitative", "title": "student \N{MINUS SIGN} annotator, points"}
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
