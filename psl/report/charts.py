"""The report's pictures as Vega-Lite specifications, made to be read at about 800 pixels."""

from collections.abc import Mapping, Sequence
from typing import Any

from psl.report.results import Result

Spec = dict[str, Any]
Row = Mapping[str, Any]
NAMED_CLASSES = 40  # up to so many, each class has a line of its own with its name
WIDTH = 560


def results_chart(results: Sequence[Result]) -> Spec:
    """mAP of each model: the mean over seeds, its interval over clips, a tick for each seed, a line at the annotator's."""
    means = [{"model": r.name, "map": 100 * r.numbers["mAP"], "low": 100 * r.numbers["mAP_low"], "high": 100 * r.numbers["mAP_high"]} for r in results]
    seeds = [{"model": r.name, "map": 100 * value} for r in results for value in r.numbers["mAP_seeds"]]
    numbers = results[0].numbers
    x = {"field": "map", "type": "quantitative", "scale": {"zero": False, "padding": 24}, "title": f"mAP on {numbers['n_clips']:,} evaluation clips, %"}
    y = {"field": "model", "type": "nominal", "sort": None, "title": None, "axis": {"labelFontSize": 14, "ticks": False, "domain": False}}
    row: Spec = {"y": y, "color": _colour(results, legend=None)}
    layer = [
        {"mark": {"type": "rule", "strokeWidth": 9, "opacity": 0.3, "strokeCap": "round"}, "encoding": {**row, "x": {**x, "field": "low"}, "x2": {"field": "high"}}},
        {"data": {"values": seeds}, "mark": {"type": "tick", "thickness": 2, "size": 20}, "encoding": {**row, "x": x}},
        {"mark": {"type": "point", "filled": True, "size": 130, "opacity": 1}, "encoding": {**row, "x": x}},
        {"mark": {"type": "text", "dy": -18, "fontSize": 14, "fontWeight": "bold"}, "encoding": {**row, "x": x, "text": {"field": "map", "format": ".1f"}}},
    ]
    title = {
        "text": "How well each model tags clips it has never heard",
        "subtitle": f"dot: mean over seeds; band: {100 * numbers['confidence']:g} % interval over clips; tick: one seed",
    }
    return {"title": title, "data": {"values": means}, "width": WIDTH, "height": {"step": 54}, "layer": layer}


def class_chart(results: Sequence[Result], classes: Mapping[str, Sequence[Row]]) -> Spec:
    """AP of each class for each model; `classes` holds each key's rows (psl.evaluation). Sorted by the first model's AP."""
    first = [row for row in classes[results[0].key] if row["ap"] is not None]
    ordered = sorted(first, key=lambda row: (-row["ap"], row["name"]))
    rank = {row["mid"]: number for number, row in enumerate(ordered, 1)}
    values = [
        {"model": result.name, "class": f"{row['name']} ({row['positives']})", "rank": rank[row["mid"]], "ap": 100 * row["ap"]}
        for result in results
        for row in classes[result.key]
        if row["mid"] in rank
    ]
    common = {"data": {"values": values}, "width": WIDTH - 40, "title": "Average precision of each class"}
    return {**common, **(_named_classes(results) if len(rank) <= NAMED_CLASSES else _many_classes(results))}


def _named_classes(results: Sequence[Result]) -> Spec:
    """A line a class, a dot a model."""
    y = {"field": "class", "type": "nominal", "sort": {"field": "rank"}, "title": None, "axis": {"grid": True, "ticks": False, "domain": False}}
    x = {"field": "ap", "type": "quantitative", "title": "AP, % (in brackets: evaluation clips with the class)", "scale": {"domain": [0, 100]}}
    dots = {"mark": {"type": "point", "filled": True, "size": 110, "opacity": 0.95}, "encoding": {"x": x, "y": y, "color": _colour(results)}}
    return {"height": {"step": 27}, **dots}


def _many_classes(results: Sequence[Result]) -> Spec:
    """A faint dot a class and model, and each model's mean over the 25 classes around."""
    x = {"field": "rank", "type": "quantitative", "title": f"classes, sorted by the AP of: {results[0].name}", "scale": {"nice": False}}
    y = {"field": "ap", "type": "quantitative", "title": "AP, %", "scale": {"domain": [0, 100]}}
    smooth = {"sort": [{"field": "rank"}], "groupby": ["model"], "frame": [-12, 12], "window": [{"op": "mean", "field": "ap", "as": "around"}]}
    dots = {"mark": {"type": "point", "filled": True, "size": 14, "opacity": 0.35}, "encoding": {"x": x, "y": y, "color": _colour(results)}}
    lines = {"transform": [smooth], "mark": {"type": "line", "strokeWidth": 2.5}, "encoding": {"x": x, "y": {**y, "field": "around"}, "color": _colour(results)}}
    return {"height": 360, "layer": [dots, lines]}


def training_chart(results: Sequence[Result], histories: Mapping[str, Mapping[int, Sequence[Row]]]) -> Spec:
    """Validation mAP and loss over the steps; `histories` holds each key's rows (psl.training.history) by seed. A line a seed."""
    values = [
        {"model": result.name, "seed": seed, "step": row["step"], "map": _percent_or_none(row["validation_mAP"]), "loss": row["validation_loss"]}
        for result in results
        for seed, rows in histories[result.key].items()
        for row in rows
    ]
    x = {"field": "step", "type": "quantitative", "title": "training step"}
    line = {"mark": {"type": "line", "strokeWidth": 2, "opacity": 0.85}, "width": WIDTH / 2 + 20, "height": 260}
    panels = [
        {
            **line,
            "title": title,
            "encoding": {"x": x, "y": {"field": field, "type": "quantitative", "title": None, "scale": {"zero": False}}, "detail": {"field": "seed"}, "color": _colour(results)},
        }
        for field, title in (("map", "Validation mAP, % of weak labels"), ("loss", "Validation loss, own targets"))
    ]
    return {"data": {"values": values}, "hconcat": panels, "spacing": 36}


def _percent_or_none(value: float | None) -> float | None:
    return None if value is None else 100 * value


def _colour(results: Sequence[Result], **more: Any) -> Spec:
    scale = {"domain": [result.name for result in results], "range": [result.colour for result in results]}
    return {"field": "model", "type": "nominal", "sort": None, "scale": scale, **more}
