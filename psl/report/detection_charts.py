"""Pictures of detection as Vega-Lite specifications."""

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np

from psl.evaluation.detection.metrics.psds import Psds, Staircase
from psl.evaluation.detection.timelines import Timeline
from psl.report.detection_table import DetectorResult, reference
from psl.report.model_style import ANNOTATOR_COLOUR, EVENT_COLOUR, SCORE_COLOURS, WEAK_COLOUR, colour_encoding

Spec = dict[str, Any]
NAMED_CURVES = 20  # up to so many classes have a colour of their own
NAMED_CLASSES = 40
EFFECTIVE = "effective"
STAIRS: Spec = {"type": "line", "interpolate": "step-after"}
TITLES = {"psds1": "PSDS-1", "psds2": "PSDS-2"}


def roc_chart(name: str, results: Mapping[str, Psds], classes: Sequence[str]) -> Spec:
    """The staircase of each class and the effective one, a panel for each of `results` ("PSDS-1", "PSDS-2")."""
    panels = [_roc_panel(title, psds, classes) for title, psds in results.items()]
    subtitle = (
        "a line a class; black: the effective rate, mean minus standard deviation over classes, whose area is the PSDS"
    )
    return {"title": {"text": f"PSDS-ROC of {name}", "subtitle": subtitle}, "hconcat": panels, "spacing": 30}


def _roc_panel(title: str, psds: Psds, classes: Sequence[str]) -> Spec:
    """One panel: the staircases of the classes, and above them the effective one."""
    x: Spec = {"field": "efpr", "type": "quantitative", "title": "effective false positives an hour"}
    x |= {"axis": {"tickCount": 5}}
    y: Spec = {"field": "tpr", "type": "quantitative", "title": "true positive rate"}
    y |= {"scale": {"domain": [0, 1]}, "axis": {"format": ".0%"}}
    effective = {
        "data": {"values": _points(EFFECTIVE, psds.curve, psds.criteria.max_efpr)},
        "mark": {**STAIRS, "strokeWidth": 4, "color": ANNOTATOR_COLOUR},
        "encoding": {"x": x, "y": y, "order": x},
    }
    text = f"{title}: {100 * psds.value:.1f} %"
    return {
        "title": {"text": text, "fontSize": 14, "fontWeight": "normal", "anchor": "middle"},
        "width": 330,
        "height": 300,
        "layer": [_class_stairs(psds, classes, {"x": x, "y": y, "order": {"field": "efpr"}}), effective],
    }


def _class_stairs(psds: Psds, classes: Sequence[str], encoding: Spec) -> Spec:
    """A line a class; few classes have colours of their own."""
    values = [
        point
        for c, curve in enumerate(psds.class_curve_C)
        if len(curve.efpr_S)
        for point in _points(classes[c], curve, psds.criteria.max_efpr)
    ]
    few = len(classes) <= NAMED_CURVES
    colour: Spec = {"value": WEAK_COLOUR}
    if few:
        legend = {"orient": "bottom", "columns": 4, "labelFontSize": 12, "symbolSize": 100}
        scale = {"scheme": "tableau20", "domain": list(classes)}
        colour = {"field": "class", "type": "nominal", "scale": scale, "title": None, "legend": legend}
    return {
        "data": {"values": values},
        "mark": {**STAIRS, "strokeWidth": 1.5, "opacity": 0.9 if few else 0.3},
        "encoding": {**encoding, "detail": {"field": "class"}, "color": colour},
    }


def _points(name: str, curve: Staircase, max_efpr: float) -> list[Spec]:
    """A staircase's points up to `max_efpr`; rounded, so that thousands of them stay small."""
    efpr, tpr = np.append(curve.efpr_S, max_efpr), np.append(curve.tpr_S, curve.tpr_S[-1])
    return [
        {"class": name, "efpr": round(float(x), 3), "tpr": round(float(y), 4)} for x, y in zip(efpr, tpr, strict=True)
    ]


def timelines_chart(name: str, clips: Sequence[Timeline]) -> Spec:
    """Scores of a few clips over time, a row a class, with the true events as frames around them."""
    subtitle = (
        "the clips with the most events, by id; frames: true events; rows: classes with events, then the highest others"
    )
    panels = [_timeline_panel(clip, last=clip is clips[-1]) for clip in clips]
    title = {"text": f"What {name} hears, and when", "subtitle": subtitle}
    return {"title": title, "vconcat": panels, "spacing": 16, "resolve": {"scale": {"color": "shared"}}}


def _timeline_panel(clip: Timeline, last: bool) -> Spec:
    x: Spec = {"field": "from", "type": "quantitative", "scale": {"domain": [0, clip.duration_s], "nice": False}}
    x |= {"title": "seconds" if last else None, "axis": {"grid": False}}
    y: Spec = {
        "field": "class",
        "type": "nominal",
        "sort": list(clip.rows),
        "scale": {"domain": list(clip.rows), "paddingInner": 0.12},
    }
    y |= {"title": None, "axis": {"ticks": False, "domain": False, "labelLimit": 230}}
    legend = {"orient": "right", "title": "score", "format": ".1f", "gradientLength": 110}
    colour = {
        "field": "score",
        "type": "quantitative",
        "scale": {"range": list(SCORE_COLOURS), "domain": [0, 1]},
        "legend": legend,
    }
    frame = {"type": "bar", "filled": False, "stroke": EVENT_COLOUR, "strokeWidth": 2.5, "cornerRadius": 2}
    return {
        "title": {"text": clip.clip_id, "fontSize": 13, "fontWeight": "normal", "offset": 4, "frame": "group"},
        "width": 560,
        "height": {"step": 24},
        "layer": [
            {
                "data": {"values": list(clip.scores)},
                "mark": "bar",
                "encoding": {"x": x, "x2": {"field": "to"}, "y": y, "color": colour},
            },
            {"data": {"values": list(clip.events)}, "mark": frame, "encoding": {"x": x, "x2": {"field": "to"}, "y": y}},
        ],
    }


def classes_chart(rows: Sequence[DetectorResult], classes: Mapping[str, Sequence[Mapping[str, Any]]]) -> Spec:
    """PSDS-1 and PSDS-2, if defined, of each class and detector; of many classes only those with the most events."""
    first = classes[reference(rows).key]
    by_events = sorted((row for row in first if row["events"]), key=lambda row: (-row["events"], row["name"]))
    often = by_events[:NAMED_CLASSES]
    # PSDS-2 needs events of two classes
    fields = [field for field in TITLES if any(row[field] is not None for row in often)]
    shown = sorted(often, key=lambda row: (-(row[fields[-1]] or 0), row["name"]))
    labels = {row["mid"]: f"{row['name']} ({row['events']})" for row in shown}
    values = [
        {"detector": row.name, "class": labels[of_class["mid"]], "psds1": of_class["psds1"], "psds2": of_class["psds2"]}
        for row in rows
        for of_class in classes[row.key]
        if of_class["mid"] in labels
    ]
    panels = [_classes_panel(field, TITLES[field], list(labels.values()), rows) for field in fields]
    return {
        "title": {"text": "PSDS of each class", "subtitle": "one class by itself; in brackets: its events"},
        "data": {"values": values},
        "hconcat": panels,
    }


def _classes_panel(field: str, title: str, labels: Sequence[str], rows: Sequence[DetectorResult]) -> Spec:
    names, colours = [row.name for row in rows], [row.colour for row in rows]
    axis = {"ticks": False, "domain": False, "labelLimit": 230, "grid": True, "tickBand": "extent"}
    x = {"field": field, "type": "quantitative", "title": title, "scale": {"domain": [0, 1]}, "axis": {"format": ".0%"}}
    y = {"field": "class", "type": "nominal", "sort": list(labels), "title": None}
    legend = {"orient": "bottom", "columns": 4}
    return {
        "width": 270,
        "height": {"step": 30, "for": "position"},
        "mark": {"type": "point", "filled": True, "size": 60, "opacity": 1},
        "encoding": {
            "x": x,
            "y": y | {"axis": axis | {"labels": field == "psds1"}},
            "yOffset": {"field": "detector", "sort": names},
            "color": colour_encoding("detector", names, colours, legend=legend),
        },
    }
