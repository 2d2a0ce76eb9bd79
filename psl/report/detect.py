"""Pictures of detection as Vega-Lite specifications, and its sections of the page."""

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy as np

from psl.detection.table import Detected, scored, table
from psl.detection.timelines import Timeline
from psl.metrics.psds import Psds, Staircase
from psl.pictures import ANNOTATOR_COLOUR, WEAK_COLOUR, WINDOW_COLOURS
from psl.report.page import Section

Spec = dict[str, Any]
NAMED_CURVES = 20  # up to so many classes have a colour of their own
NAMED_CLASSES = 40
SCORE_COLOURS = ["#f4f6f9", "#2e7ebc", "#0b2d5c"]  # of 0, .5 and 1
EFFECTIVE = "effective"
TITLES = {"psds1": "PSDS-1", "psds2": "PSDS-2"}


def nothing_chart(text: str) -> Spec:
    """A picture that says why there is none."""
    mark = {"type": "text", "fontSize": 14, "limit": 640}
    return {"width": 640, "height": 60, "data": {"values": [{}]}, "mark": mark, "encoding": {"text": {"value": text}}}


def roc_chart(name: str, found: Mapping[str, Psds], classes: Sequence[str]) -> Spec:
    """The staircase of each class and the effective one, a panel for each of `found` ("PSDS-1", "PSDS-2")."""
    panels = [_roc_panel(criteria, result, classes) for criteria, result in found.items()]
    subtitle = "a line a class; black: the effective rate, mean minus standard deviation over classes, whose area is the PSDS"
    return {"title": {"text": f"PSDS-ROC of {name}", "subtitle": subtitle}, "hconcat": panels, "spacing": 30}


def _roc_panel(criteria: str, found: Psds, classes: Sequence[str]) -> Spec:
    values = [
        point
        for c, curve in enumerate(found.class_curve_C)
        if len(curve.efpr_S)
        for point in _points(classes[c], curve, found.criteria.max_efpr)
    ]
    x = {"field": "efpr", "type": "quantitative", "title": "effective false positives an hour", "axis": {"tickCount": 5}}
    y = {"field": "tpr", "type": "quantitative", "title": "true positive rate", "scale": {"domain": [0, 1]}, "axis": {"format": ".0%"}}
    line = {"type": "line", "interpolate": "step-after"}
    few = len(classes) <= NAMED_CURVES
    colour: Spec = {"value": WEAK_COLOUR}
    if few:
        legend = {"orient": "bottom", "columns": 4, "labelFontSize": 12, "symbolSize": 100}
        scale = {"scheme": "tableau20", "domain": list(classes)}
        colour = {"field": "class", "type": "nominal", "scale": scale, "title": None, "legend": legend}
    encoding = {"x": x, "y": y, "order": {"field": "efpr"}, "detail": {"field": "class"}, "color": colour}
    effective = {"data": {"values": _points(EFFECTIVE, found.curve, found.criteria.max_efpr)}}
    return {
        "title": {"text": f"{criteria}: {100 * found.value:.1f} %", "fontSize": 14, "fontWeight": "normal", "anchor": "middle"},
        "width": 330,
        "height": 300,
        "layer": [
            {"data": {"values": values}, "mark": {**line, "strokeWidth": 1.5, "opacity": 0.9 if few else 0.3}, "encoding": encoding},
            {**effective, "mark": {**line, "strokeWidth": 4, "color": ANNOTATOR_COLOUR}, "encoding": {"x": x, "y": y, "order": x}},
        ],
    }


def _points(name: str, curve: Staircase, max_efpr: float) -> list[Spec]:
    """A staircase's points up to `max_efpr`; rounded, so that thousands of them stay small."""
    efpr, tpr = np.append(curve.efpr_S, max_efpr), np.append(curve.tpr_S, curve.tpr_S[-1])
    return [{"class": name, "efpr": round(float(x), 3), "tpr": round(float(y), 4)} for x, y in zip(efpr, tpr, strict=True)]


def timelines_chart(name: str, clips: Sequence[Timeline]) -> Spec:
    """Scores of a few clips over time, a row a class, with the true events as frames around them."""
    subtitle = "the clips with the most events, by id; frames: true events; rows: classes with events, then the highest others"
    panels = [_timeline_panel(clip, last=clip is clips[-1]) for clip in clips]
    title = {"text": f"What {name} hears, and when", "subtitle": subtitle}
    return {"title": title, "vconcat": panels, "spacing": 16, "resolve": {"scale": {"color": "shared"}}}


def _timeline_panel(clip: Timeline, last: bool) -> Spec:
    x: Spec = {"field": "from", "type": "quantitative", "scale": {"domain": [0, clip.duration_s], "nice": False}}
    x |= {"title": "seconds" if last else None, "axis": {"grid": False}}
    y: Spec = {"field": "class", "type": "nominal", "sort": list(clip.rows), "scale": {"domain": list(clip.rows), "paddingInner": 0.12}}
    y |= {"title": None, "axis": {"ticks": False, "domain": False, "labelLimit": 230}}
    legend = {"orient": "right", "title": "score", "format": ".1f", "gradientLength": 110}
    colour = {"field": "score", "type": "quantitative", "scale": {"range": SCORE_COLOURS, "domain": [0, 1]}, "legend": legend}
    frame = {"type": "bar", "filled": False, "stroke": WINDOW_COLOURS[3], "strokeWidth": 2.5, "cornerRadius": 2}
    return {
        "title": {"text": clip.clip_id, "fontSize": 13, "fontWeight": "normal", "offset": 4, "frame": "group"},
        "width": 560,
        "height": {"step": 24},
        "layer": [
            {"data": {"values": list(clip.scores)}, "mark": "bar", "encoding": {"x": x, "x2": {"field": "to"}, "y": y, "color": colour}},
            {"data": {"values": list(clip.events)}, "mark": frame, "encoding": {"x": x, "x2": {"field": "to"}, "y": y}},
        ],
    }


def classes_chart(rows: Sequence[Detected], classes: Mapping[str, Sequence[Mapping[str, Any]]]) -> Spec:
    """PSDS-1 and PSDS-2, as far as they are known, of each class and detector; with very many classes, of those with the most events."""
    first = classes[rows[0].key]
    often = sorted((row for row in first if row["events"]), key=lambda row: (-row["events"], row["name"]))[:NAMED_CLASSES]
    fields = [field for field in TITLES if any(row[field] is not None for row in often)]  # PSDS-2 needs events of two classes
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


def _classes_panel(field: str, title: str, labels: Sequence[str], rows: Sequence[Detected]) -> Spec:
    names = [row.name for row in rows]
    scale = {"domain": names, "range": [row.colour for row in rows]}
    axis = {"ticks": False, "domain": False, "labelLimit": 230, "grid": True, "tickBand": "extent", "labels": field == "psds1"}
    legend = {"orient": "bottom", "columns": 4}
    return {
        "width": 270,
        "height": {"step": 30, "for": "position"},
        "mark": {"type": "point", "filled": True, "size": 60, "opacity": 1},
        "encoding": {
            "x": {"field": field, "type": "quantitative", "title": title, "scale": {"domain": [0, 1]}, "axis": {"format": ".0%"}},
            "y": {"field": "class", "type": "nominal", "sort": list(labels), "title": None, "axis": axis},
            "yOffset": {"field": "detector", "sort": names},
            "color": {"field": "detector", "type": "nominal", "sort": names, "scale": scale, "title": None, "legend": legend},
        },
    }


def detect_sections(rows: Sequence[Detected], note: str, pictures: Mapping[str, Path]) -> list[Section]:
    """The table, and beneath it the pictures `detect_classes`, `detect_roc` and `detect_timelines`; only the note when none was scored."""
    if not scored(rows):
        return [Section("Detection in time", note, [], None)]
    roc = "How many events a detector finds for how many false alarms it costs, over all thresholds."
    timelines = "Scores after the median filter, and what is true. The clips are those with the most events, whatever they look like."
    return [
        Section("Detection in time", note, table(rows), pictures["detect_classes"], "PSDS of each class and detector"),
        Section("Detections over false alarms", roc, [], pictures["detect_roc"], "PSDS-ROC of each class and the effective one"),
        Section("Scores over time", timelines, [], pictures["detect_timelines"], "scores of a few clips over time with their true events"),
    ]
