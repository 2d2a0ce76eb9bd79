"""How mAP depends on the length of the windows that students learn from."""

from collections.abc import Sequence
from pathlib import Path
from typing import Any

from psl.report.model_names import WEAK
from psl.report.order import is_in_order
from psl.report.results import Result
from psl.report.sections import Section

Spec = dict[str, Any]
TITLE = "mAP against window length"
LINE = "#2e7ebc"
ENDS = {"mAP": "", "low": "_low", "high": "_high"}


def window_rows(results: Sequence[Result]) -> list[dict[str, Any]]:
    """The students that differ in the window alone, from short to long windows, with their mAP in per cent."""
    rows: list[dict[str, Any]] = [
        {"seconds": row.model.window_seconds, "model": row.name} | map_with_interval(row)
        for row in results
        if row.model is not None and is_in_order(row)
    ]
    return sorted(rows, key=lambda row: row["seconds"])


def map_with_interval(row: Result) -> dict[str, float]:
    """A model's mAP and the ends of its interval, in per cent."""
    return {name: round(100 * row.numbers[f"mAP{end}"], 2) for name, end in ENDS.items()}


def window_chart(results: Sequence[Result]) -> Spec:
    """A point with its interval a window, and as lines across: weak labels and the annotator."""
    values = window_rows(results)
    across = [
        {"model": row.name, "mAP": 100 * row.numbers["mAP"], "colour": row.colour}
        for row in results
        if row.model is None or row.name == WEAK
    ]
    x: Spec = {"field": "seconds", "type": "quantitative", "title": "window, seconds (logarithmic)"}
    x |= {"scale": {"type": "log", "nice": False, "padding": 40}}
    x |= {"axis": {"values": [row["seconds"] for row in values], "format": "~g", "grid": False}}
    y = {"field": "mAP", "type": "quantitative", "title": "mAP on the evaluation clips, %", "scale": {"zero": False}}
    level = {"y": y, "color": {"field": "colour", "type": "nominal", "scale": None}}
    return {
        "title": {"text": TITLE, "subtitle": "band: interval over clips and seeds; lines across: other labels"},
        "data": {"values": values},
        "width": 560,
        "height": 300,
        "layer": [
            {"data": {"values": across}, "mark": {"type": "rule", "strokeDash": [6, 4]}, "encoding": level},
            {
                "data": {"values": across},
                "mark": {"type": "text", "align": "left", "dx": 4, "dy": -8, "fontSize": 13, "x": 0},
                "encoding": {"y": y, "text": {"field": "model"}},
            },
            {"mark": {"type": "line", "color": LINE}, "encoding": {"x": x, "y": y}},
            {
                "mark": {"type": "rule", "strokeWidth": 9, "opacity": 0.3, "strokeCap": "round", "color": LINE},
                "encoding": {"x": x, "y": {**y, "field": "low"}, "y2": {"field": "high"}},
            },
            {
                "mark": {"type": "point", "filled": True, "size": 110, "opacity": 1, "color": LINE},
                "encoding": {"x": x, "y": y},
            },
        ],
    }


def windows_section(results: Sequence[Result], picture: Path) -> list[Section]:
    """The section; none where fewer than two students differ in the window alone."""
    if len(window_rows(results)) < 2:
        return []
    text = (
        "Students of the same clips, network and course, whose labels differ in nothing but the length of the windows "
        "that the annotator heard."
    )
    return [Section(TITLE, text, [], picture, "mAP of each student over the length of its windows, with intervals")]
