"""The reliability curves as a Vega-Lite specification: how often what the annotator says is true."""

from collections.abc import Mapping, Sequence
from typing import Any

from psl.report.calibration import TRUTHS
from psl.report.model_style import colour_encoding, label_colours

Spec = dict[str, Any]
FORMS = ("raw", "calibrated")
LEAST = 10  # pairs in a bin that is drawn: fewer say nothing
PANEL = 300


def reliability_chart(reports: Mapping[str, Mapping[str, Any]], names: Mapping[str, str]) -> Spec:
    """A column for raw and one for calibrated probabilities, a row for each kind of truth, a line for each window."""
    known = [kind for kind in TRUTHS if any(kind in report["measured"] for report in reports.values())]
    kinds = known or [next(iter(TRUTHS))]  # without any, empty panels
    rows = [
        {"hconcat": [_panel(reports, names, kind, form, with_heading=number == 0) for form in FORMS], "spacing": 40}
        for number, kind in enumerate(kinds)
    ]
    subtitle = (
        f"each point: a bin of clips (or windows) and classes, of at least {LEAST}, the larger the more; on the grey "
        "line, what is said is true as often"
    )
    title = {"text": "How far the annotator's probabilities can be trusted", "subtitle": subtitle}
    return {"title": title, "vconcat": rows, "spacing": 24}


def _panel(
    reports: Mapping[str, Mapping[str, Any]], names: Mapping[str, str], kind: str, form: str, *, with_heading: bool
) -> Spec:
    values = [
        {"labels": names[key], "p": row["p"], "true": row["true"], "n": row["n"]}
        for key, report in reports.items()
        for row in report["measured"].get(kind, {}).get(form, {}).get("bins", [])
        if row["n"] >= LEAST
    ]
    axis = {"type": "quantitative", "scale": {"domain": [0, 1]}, "axis": {"tickCount": 5, "format": ".0%"}}
    encoding = {
        "x": {"field": "p", **axis, "title": f"{form} probability"},
        "y": {"field": "true", **axis, "title": TRUTHS[kind]},
        "color": _colour(list(reports), names),
    }
    size = {"field": "n", "type": "quantitative", "scale": {"type": "log", "range": [20, 160]}, "legend": None}
    line = {"mark": {"type": "line", "strokeWidth": 2}, "encoding": {**encoding, "order": {"field": "p"}}}
    points = {"mark": {"type": "point", "filled": True, "opacity": 1}, "encoding": {**encoding, "size": size}}
    heading = {"title": {"text": form, "fontSize": 14, "fontWeight": "normal", "anchor": "middle", "offset": 6}}
    layer = [_diagonal(axis), line, points]
    return {
        "width": PANEL,
        "height": PANEL,
        "data": {"values": values},
        "layer": layer,
        **(heading if with_heading else {}),
    }


def _diagonal(axis: Spec) -> Spec:
    """Where a probability is as often true as it says."""
    encoding = {"x": {"field": "p", **axis}, "y": {"field": "true", **axis}}
    ends = [{"p": 0, "true": 0}, {"p": 1, "true": 1}]
    mark = {"type": "line", "color": "#bbbbbb", "strokeDash": [5, 4]}
    return {"data": {"values": ends}, "mark": mark, "encoding": encoding}


def _colour(keys: Sequence[str], names: Mapping[str, str]) -> Spec:
    """The colours that these labels have in every picture."""
    colours = label_colours(keys)
    return colour_encoding("labels", [names[key] for key in keys], [colours[key] for key in keys])
