"""A picture of where students are better than their annotator and where they are worse: a bar a class."""

from collections.abc import Mapping, Sequence
from typing import Any

from psl.report.model_style import BETTER_COLOUR, WORSE_COLOUR

Spec = dict[str, Any]
NAMED = 40  # up to so many classes, each has its name
NOTHING: Spec = {
    "data": {"values": [{"text": "there is no student beside an annotator"}]},
    "mark": "text",
    "encoding": {"text": {"field": "text"}},
}
WIDTH, STEP, MANY_HEIGHT = 330, 17, 260


def difference_chart(title: str, groups: Mapping[str, Sequence[Mapping[str, Any]]]) -> Spec:
    """Differences of classes, sorted, in one part a group; two parts are side by side, and all have one scale.

    `groups` maps a part's title to rows of `name`, `clips` and `difference` (a fraction).
    """
    ends = [0.0, *(100 * row["difference"] for rows in groups.values() for row in rows)]
    parts = [_part(name, rows, [min(ends), max(ends)]) for name, rows in groups.items() if rows] or [NOTHING]
    head = {
        "text": title,
        "subtitle": "in brackets: test clips with the class; where they are few, chance moves it far",
    }
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
    x = {
        "field": "points",
        "type": "quantitative",
        "title": "student \N{MINUS SIGN} annotator, points",
        "axis": {"tickCount": 5},
    }
    x["scale"] = {"domain": domain, "nice": 5}
    colour = {"condition": {"test": "datum.points >= 0", "value": BETTER_COLOUR}, "value": WORSE_COLOUR}
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
