"""The pictures of the label counts and of the recovery of dropped labels, as Vega-Lite specifications."""

from collections.abc import Mapping, Sequence
from typing import Any

from psl.labels.counts import LabelCount
from psl.labels.recovery import Recovery
from psl.report.label_shares import bins, label_shares
from psl.report.model_style import colour_encoding, label_colours


def label_counts_picture(
    rows: Sequence[LabelCount], names: Mapping[str, str], threshold: float, many_labels: int, *, n_clips: int
) -> dict[str, Any]:
    """The share of clips with 0 to more than `many_labels` labels, for each key; `names` by key."""
    keys = list(dict.fromkeys(row.labels for row in rows))
    values = label_shares(rows, names, threshold, many_labels)
    bars = {
        "x": {"field": "n", "type": "ordinal", "sort": bins(many_labels), "title": "labels of a clip"},
        "xOffset": {"field": "labels", "sort": [names[key] for key in keys]},
        "y": {
            "field": "share",
            "type": "quantitative",
            "title": "share of clips (%)",
            "scale": {"domain": [0, 1.08 * max(value["share"] for value in values)]},
        },
    }
    numbers = {
        "mark": {"type": "text", "dy": -6, "fontSize": 10, "color": "#444444"},
        "encoding": {"text": {"field": "share", "type": "quantitative", "format": ".0f"}},
    }
    return {
        "title": {
            "text": "How many labels a clip gets",
            "subtitle": f"{n_clips:,} clips; a class is a label when its probability is above {threshold:g}",
        },
        "width": 640,
        "height": 300,
        "data": {"values": values},
        "encoding": bars,
        "layer": [{"mark": "bar", "encoding": {"color": _colour(keys, names)}}, numbers],
    }


def recovery_picture(rows: Sequence[Recovery], names: Mapping[str, str]) -> dict[str, Any]:
    """Precision over recall of the labels that the weak list dropped, a line a window, a point a threshold.

    `names` are those of the keys of labels.
    """
    title = {"text": "Labels that the weak list dropped: found, and found rightly"}
    defined = [
        row for row in rows if row.scope == "beyond weak" and row.recall is not None and row.precision is not None
    ]
    if not defined:
        nothing = {
            "mark": {"type": "text", "fontSize": 14},
            "encoding": {"text": {"value": "no truth in time is known for these clips"}},
        }
        return {"title": title, "width": 640, "height": 60, "data": {"values": [{}]}, **nothing}
    values = [
        {
            "unit": row.unit,
            "labels": names[row.labels],
            "p": row.threshold,
            "recall": row.recall,
            "precision": row.precision,
        }
        for row in defined
    ]
    keys = list(dict.fromkeys(row.labels for row in defined))
    thresholds = sorted({row.threshold for row in defined})
    subtitle = (
        f"each line runs over the thresholds {', '.join(f'{t:g}' for t in reversed(thresholds))} from left to right"
    )
    return {
        "title": {**title, "subtitle": subtitle},
        "data": {"values": values},
        "hconcat": [
            _recovery_panel("clip", "in the clip", keys, names),
            _recovery_panel("window", "in the very window", keys, names),
        ],
    }


def _recovery_panel(unit: str, where: str, keys: Sequence[str], names: Mapping[str, str]) -> dict[str, Any]:
    axis = {"type": "quantitative", "scale": {"domain": [0, 1]}, "axis": {"tickCount": 5, "format": ".0%"}}
    return {
        "title": {"text": where, "fontSize": 14, "fontWeight": "normal", "anchor": "middle", "offset": 6},
        "width": 290,
        "height": 290,
        "transform": [{"filter": f"datum.unit == '{unit}'"}],
        "mark": {"type": "line", "point": {"size": 55}, "strokeWidth": 2},
        "encoding": {
            "x": {"field": "recall", **axis, "title": "recall: dropped labels found"},
            "y": {"field": "precision", **axis, "title": "precision: added labels that are true"},
            "order": {"field": "p"},
            "color": _colour(keys, names),
        },
    }


def _colour(keys: Sequence[str], names: Mapping[str, str]) -> dict[str, Any]:
    """One colour a key, the same in every picture, in the legend in the order of the parameters."""
    colours = label_colours(keys)
    return colour_encoding("labels", [names[key] for key in keys], [colours[key] for key in keys])
