"""The report's pictures as Vega-Lite specifications, made to be read at about 800 pixels."""

from collections.abc import Mapping, Sequence
from typing import Any

from psl.config import ANNOTATOR
from psl.report.differences import difference_chart
from psl.report.model_names import has_own_annotator, is_window_student
from psl.report.model_style import colour_encoding
from psl.report.results import Result

Spec = dict[str, Any]
Row = Mapping[str, Any]
NAMED_CLASSES = 40  # up to so many, each class has a line of its own with its name
AROUND = 12  # classes on either side that a smoothed line averages, when there are more
WIDTH = 560


def results_chart(results: Sequence[Result]) -> Spec:
    """mAP of each model: the mean over seeds, its interval over clips and seeds, a tick for each seed."""
    values = [
        {"model": r.name, **{field: 100 * r.numbers[field] for field in ("mAP", "mAP_low", "mAP_high")}}
        for r in results
    ]
    seeds = [{"model": r.name, "mAP": 100 * value} for r in results for value in r.numbers["mAP_seeds"]]
    numbers = results[0].numbers
    title = {
        "text": "How well each model tags clips it has never heard",
        "subtitle": f"dot: mean over seeds; band: {100 * numbers['confidence']:g} % interval over clips and, of "
        "several seeds, over seeds; tick: one seed",
    }
    x = _axis(
        "mAP",
        f"mAP on {numbers['n_clips']:,} evaluation clips, %",
        scale={"zero": False, "padding": 24},
        axis={"tickCount": 8},
    )
    row = {"y": _names("model", labelFontSize=14), "color": _colour(results, legend=None)}
    band = {**row, "x": {**x, "field": "mAP_low"}, "x2": {"field": "mAP_high"}}
    label = {**row, "x": x, "text": {"field": "mAP", "format": ".1f"}}
    layer = [
        {"mark": {"type": "rule", "strokeWidth": 9, "opacity": 0.3, "strokeCap": "round"}, "encoding": band},
        {"data": {"values": seeds}, "mark": {"type": "tick", "thickness": 2, "size": 20}, "encoding": {**row, "x": x}},
        {"mark": {"type": "point", "filled": True, "size": 130, "opacity": 1}, "encoding": {**row, "x": x}},
        {"mark": {"type": "text", "dy": -18, "fontSize": 14, "fontWeight": "bold"}, "encoding": label},
    ]
    return {"title": title, "data": {"values": values}, "width": WIDTH, "height": {"step": 54}, "layer": layer}


def class_chart(results: Sequence[Result], classes: Mapping[str, Sequence[Row]]) -> Spec:
    """AP of each class for each model, sorted by the first model's AP.

    `classes` holds each key's rows (psl.evaluation.tagging.summary).
    """
    scored = {row["mid"] for rows in classes.values() for row in rows if row["ap"] is not None}
    ordered = sorted(
        (row for row in classes[results[0].key] if row["mid"] in scored),
        key=lambda row: (-(row["ap"] or 0), row["name"]),
    )
    rank = {row["mid"]: number for number, row in enumerate(ordered, 1)}
    values = [
        {
            "model": result.name,
            "class": f"{row['name']} ({row['positives']})",
            "rank": rank[row["mid"]],
            "ap": 100 * row["ap"],
        }
        for result in results
        for row in classes[result.key]
        if row["mid"] in rank and row["ap"] is not None
    ]
    common = {"data": {"values": values}, "width": WIDTH, "title": "Average precision of each class"}
    return {**common, **(_named_classes(results) if len(rank) <= NAMED_CLASSES else _many_classes(results))}


def _named_classes(results: Sequence[Result]) -> Spec:
    """A line a class, a dot a model."""
    x = _axis("ap", "AP, % (in brackets: evaluation clips with the class)", scale={"domain": [0, 100]})
    y = _names("class", grid=True, tickBand="extent") | {"sort": {"field": "rank"}}
    offset = {"field": "model", "sort": [result.name for result in results]}  # equal values do not hide each other
    encoding = {"x": x, "y": y, "yOffset": offset, "color": _colour(results, legend={"orient": "top", "columns": 4})}
    mark = {"type": "point", "filled": True, "size": 80, "opacity": 1}
    return {"height": {"step": 34, "for": "position"}, "mark": mark, "encoding": encoding}


def _many_classes(results: Sequence[Result]) -> Spec:
    """A faint dot a class and model, and each model's mean over the classes around."""
    x = _axis("rank", f"classes, sorted by the AP of: {results[0].name}", scale={"nice": False})
    y = _axis("ap", f"AP, %; lines: mean over {2 * AROUND + 1} classes", scale={"domain": [0, 100]})
    around = {"op": "mean", "field": "ap", "as": "around"}
    mean = {"window": [around], "frame": [-AROUND, AROUND], "groupby": ["model"], "sort": [{"field": "rank"}]}
    shared = {"x": x, "color": _colour(results, legend={"orient": "top"})}
    dots = {"mark": {"type": "point", "filled": True, "size": 14, "opacity": 0.3}, "encoding": {**shared, "y": y}}
    lines = {
        "transform": [mean],
        "mark": {"type": "line", "strokeWidth": 3},
        "encoding": {**shared, "y": {**y, "field": "around"}},
    }
    return {"height": 360, "layer": [dots, lines]}


def evaluation_differences_chart(
    results: Sequence[Result], classes: Mapping[str, Sequence[Mapping[str, Any]]], annotator: str
) -> Spec:
    """AP of each student of the annotator's windows minus its own on the evaluation list.

    `classes` holds each key's rows (psl.evaluation.tagging.summary); `annotator` is annotate.annotator.
    """
    key = next((result.key for result in results if result.key == ANNOTATOR), None)
    of_annotator = {row["mid"]: row["ap"] for row in classes[key] if row["ap"] is not None} if key else {}
    groups = {
        f"{result.name}, AP": [
            {"name": row["name"], "clips": row["positives"], "difference": row["ap"] - of_annotator[row["mid"]]}
            for row in classes[result.key]
            if row["mid"] in of_annotator and row["ap"] is not None
        ]
        for result in results
        if is_window_student(result.model) and not has_own_annotator(result.model, annotator)
    }
    return difference_chart("Where students lead their annotator, and where they lag", groups)


def training_chart(results: Sequence[Result], histories: Mapping[str, Mapping[int, Sequence[Row]]]) -> Spec:
    """Validation mAP and loss over the steps, a line a seed.

    `histories` holds each key's rows (psl.training.engine.history) by seed.
    """
    values = [
        {
            "model": r.name,
            "seed": seed,
            "step": row["step"],
            "loss": row["validation_loss"],
            "mAP": _percent(row["validation_mAP"]),
        }
        for r in results
        for seed, rows in histories[r.key].items()
        for row in rows
    ]
    titles = {"mAP": "validation mAP against weak labels, %", "loss": "validation loss against own targets"}
    return {
        "data": {"values": values},
        "hconcat": [_curves(results, field, title) for field, title in titles.items()],
        "spacing": 30,
    }


def _curves(results: Sequence[Result], field: str, title: str) -> Spec:
    encoding = {
        "x": _axis("step", "training step"),
        "y": _axis(field, title, scale={"zero": False}),
        "detail": {"field": "seed"},
        "color": _colour(results, legend={"orient": "bottom", "columns": 5}),
    }
    mark = {"type": "line", "strokeWidth": 2, "opacity": 0.85}
    return {"width": WIDTH / 2 + 30, "height": 260, "mark": mark, "encoding": encoding}


def _axis(field: str, title: str, **more: Any) -> Spec:
    return {"field": field, "type": "quantitative", "title": title, **more}


def _names(field: str, **axis: Any) -> Spec:
    axis = {"ticks": False, "domain": False, "labelLimit": 320, **axis}
    return {"field": field, "type": "nominal", "sort": None, "title": None, "axis": axis}


def _percent(value: float | None) -> float | None:
    return None if value is None else 100 * value


def _colour(results: Sequence[Result], **more: Any) -> Spec:
    """The models' colours; a legend in the models' order, without a title."""
    names, colours = [result.name for result in results], [result.colour for result in results]
    return colour_encoding("model", names, colours, **more)
