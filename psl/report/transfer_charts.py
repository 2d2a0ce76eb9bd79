"""The pictures of transfer as Vega-Lite specifications; `report` is reports/transfer.json."""

from collections.abc import Mapping, Sequence
from typing import Any

from psl.report.differences import difference_chart
from psl.report.model_style import colour_encoding, transfer_colours
from psl.report.transfer_table import Row, set_name

Spec = dict[str, Any]


def transfer_chart(report: Mapping[str, Any]) -> Spec:
    """Each model's metric on each set, with its interval."""
    values = [
        {"set": f"{set_name(name)}, {row['metric']}", "model": report["models"][model]}
        | {field: 100 * row[field] for field in ("value", "low", "high")}
        for name, models in report["sets"].items()
        for model, row in models.items()
    ]
    names = list(report["models"].values())
    axis = {"ticks": False, "domain": False, "labelLimit": 260}
    legend = {"orient": "top", "symbolOpacity": 1}
    x = {"type": "quantitative", "title": "%", "scale": {"zero": False, "padding": 16}}
    row = {
        "y": {"field": "set", "type": "nominal", "sort": None, "title": None, "axis": axis},
        "yOffset": {"field": "model", "sort": names},
        "color": colour_encoding("model", names, transfer_colours(list(report["models"])), legend=legend),
    }
    middle = row | {"x": {**x, "field": "value"}}
    band = row | {"x": {**x, "field": "low"}, "x2": {"field": "high"}}
    text = {"type": "text", "dy": -13, "fontSize": 12, "fontWeight": "bold"}
    layer = [
        {"mark": {"type": "rule", "strokeWidth": 8, "opacity": 0.3, "strokeCap": "round"}, "encoding": band},
        {"mark": {"type": "point", "filled": True, "size": 110, "opacity": 1}, "encoding": middle},
        {"mark": text, "encoding": middle | {"text": {"field": "value", "format": ".1f"}}},
    ]
    title = {
        "text": "Fine-tuned on other sets",
        "subtitle": f"band: {100 * report['confidence']:g} % interval over test clips and, of several seeds, seeds",
    }
    return {
        "title": title,
        "data": {"values": values},
        "width": 500,
        "height": {"step": 34, "for": "offset"},
        "layer": layer,
    }


def class_differences_chart(report: Mapping[str, Any], classes: Sequence[Row]) -> Spec:
    """Student minus annotator in each class of each set; `classes` are rows of compare.TransferClassRow."""
    groups: dict[str, list[Row]] = {}
    for row in classes:
        groups.setdefault(f"{set_name(row['set'])}, {row['metric']}, {report['models'][row['model']]}", []).append(row)
    return difference_chart("Where students lead their annotator after transfer", groups)
