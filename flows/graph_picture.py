"""The graph of a run as a picture: needs lead from left to right, and each stage has the colour of its outcome."""

from collections.abc import Mapping, Sequence
from typing import Any

from flows.graph import Stage

COLOURS = {"ran": "#2e7ebc", "restored": "#8f6bb3", "unchanged": "#9a9a9a", "failed": "#c43c39", "not run": "#f28e2b"}
COLUMN_PX, ROW_PX = 190, 26


def graph_picture(stages: Sequence[Stage], outcomes: Mapping[str, str]) -> dict[str, Any]:
    """A Vega-Lite specification. `stages` are in an order in which each comes after what it needs."""
    position_of = layout(stages)
    rows = [
        {"stage": s.name, "x": position_of[s.name][0], "y": position_of[s.name][1], "outcome": outcomes[s.name]}
        for s in stages
    ]
    lines = [
        dict(zip(("x", "y", "x2", "y2"), (*position_of[need], *position_of[name]), strict=True))
        for need, name in direct_needs(stages)
    ]
    present = [outcome for outcome in COLOURS if outcome in outcomes.values()]
    columns, rows_deep = (1 + max(numbers) for numbers in zip(*position_of.values(), strict=True))
    axes = {"type": "quantitative", "axis": None}
    position = {
        "x": {"field": "x", "scale": {"domain": [0, columns], "nice": False}, **axes},
        "y": {"field": "y", "scale": {"reverse": True}, **axes},
    }
    colour = {
        "field": "outcome",
        "type": "nominal",
        "legend": {"title": None, "orient": "top"},
        "scale": {"domain": present, "range": [COLOURS[outcome] for outcome in present]},
    }
    line = {"mark": {"type": "rule", "color": "#dddddd"}, "data": {"values": lines}}
    name = {"type": "text", "align": "left", "dx": 8, "fontSize": 12}
    halo = name | {"stroke": "white", "strokeWidth": 4}
    return {
        "width": COLUMN_PX * columns,
        "height": ROW_PX * rows_deep,
        "data": {"values": rows},
        "layer": [
            {**line, "encoding": {**position, "x2": {"field": "x2"}, "y2": {"field": "y2"}}},
            {"mark": {"type": "circle", "size": 90, "opacity": 1}, "encoding": {**position, "color": colour}},
            *({"mark": mark, "encoding": {**position, "text": {"field": "stage"}}} for mark in (halo, name)),
        ],
    }


def direct_needs(stages: Sequence[Stage]) -> list[tuple[str, str]]:
    """(need, stage) of the transitive reduction: what is needed through another stage is left out."""
    above: dict[str, set[str]] = {}
    pairs = []
    for stage in stages:
        needs = [need for need in stage.needs if need in above]
        implied = set().union(*(above[need] for need in needs))
        pairs += [(need, stage.name) for need in needs if need not in implied]
        above[stage.name] = implied.union(needs)
    return pairs


def layout(stages: Sequence[Stage]) -> dict[str, tuple[int, int]]:
    """(column, row) of each stage: right of all its needs; in a column by the mean row of its needs, then by name."""
    column: dict[str, int] = {}
    for stage in stages:
        column[stage.name] = max((column[need] + 1 for need in stage.needs if need in column), default=0)
    row: dict[str, int] = {}
    for number in sorted(set(column.values())):
        members = sorted(
            (s for s in stages if column[s.name] == number),
            key=lambda s: (_mean([row[n] for n in s.needs if n in row]), s.name),
        )
        row.update((stage.name, place) for place, stage in enumerate(members))
    return {name: (column[name], row[name]) for name in column}


def _mean(rows: Sequence[int]) -> float:
    return sum(rows) / len(rows) if rows else 0.0
