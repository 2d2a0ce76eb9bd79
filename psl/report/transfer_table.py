"""The transfer table for people, as the poster has it, and its pictures.

`report` is what psl.transfer.compare.nested gives: reports/transfer.json.
"""

from collections.abc import Mapping, Sequence
from typing import Any

from psl.params.transfer import ANNOTATOR
from psl.pictures import ANNOTATOR_COLOUR, WINDOW_COLOURS
from psl.report.differences import difference_chart
from psl.report.results import DASH

Row = Mapping[str, Any]
Spec = dict[str, Any]
MINUS = "\N{MINUS SIGN}"
SETS = {"fsd50k": "FSD50K", "fsdkaggle2018": "FSDKaggle2018", "fsdkaggle2019": "FSDKaggle2019"}


def set_name(name: str) -> str:
    """What people call a set.

    >>> set_name("fsdkaggle2019-noisy"), set_name("mine")
    ('FSDKaggle2019 noisy', 'mine')
    """
    corpus, _, part = name.partition("-")
    return f"{SETS[corpus]} {part}".strip() if corpus in SETS else name


def table(report: Mapping[str, Any]) -> list[dict[str, str]]:
    """A student on a set by rows; the annotator, the student and their difference by columns."""
    cells = []
    for name, models in report["sets"].items():
        annotator = models.get(ANNOTATOR)
        students = [model for model in models if model != ANNOTATOR] or [ANNOTATOR]
        cells += [_cells(report, name, annotator, model) for model in students]
    return cells


def _cells(report: Mapping[str, Any], name: str, annotator: Row | None, model: str) -> dict[str, str]:
    row, out = report["sets"][name][model], len(report["classes_left_out"][name])
    student = None if model == ANNOTATOR else row
    return {
        "set": set_name(name),
        "metric": row["metric"],
        "annotator (MA)": _value(annotator),
        "student": report["models"][model] if student else DASH,
        "after transfer": _value(student),
        "difference": _difference(student),
        "p": DASH if student is None or student["p"] is None else _p(student["p"]),
        "test clips": f"{row['n_clips']:,}",
        "classes": f"{row['n_classes']} of {row['n_classes'] + out}" if out else str(row["n_classes"]),
    }


def markdown(report: Mapping[str, Any]) -> str:
    """The table in Markdown, with what it was measured on."""
    cells = table(report)
    lines = [list(cells[0]), ["---", "---", "---:", "---", *["---:"] * (len(cells[0]) - 4)], *(list(row.values()) for row in cells)]
    return "\n".join(f"| {' | '.join(line)} |" for line in lines) + f"\n\n{measured(report)}\n"


def measured(report: Mapping[str, Any]) -> str:
    """What the numbers are, in sentences."""
    text = (
        f"Per cent, with {100 * report['confidence']:g} % bootstrap intervals over test clips ({report['draws']:,} draws); p: two-sided paired "
        "bootstrap test of the difference, on the same draws for both models. Every model was fine-tuned in the same way, for as long."
    )
    for name, models in report["sets"].items():
        row, out = next(iter(models.values())), report["classes_left_out"][name]
        without = row["n_clips_without_label"]
        text += f" {set_name(name)} has {without} test clips without a label, which count for mAP alone." if without else ""
        text += f" Left out on {set_name(name)}, having no test clip: {', '.join(out)}." if out else ""
    return text


def transfer_chart(report: Mapping[str, Any]) -> Spec:
    """Each model's metric on each set, with its interval."""
    values = [
        {"set": f"{set_name(name)}, {row['metric']}", "model": report["models"][model]}
        | {field: 100 * row[field] for field in ("value", "low", "high")}
        for name, models in report["sets"].items()
        for model, row in models.items()
    ]
    names = list(report["models"].values())
    scale = {"domain": names, "range": [_colour(number, model) for number, model in enumerate(report["models"])]}
    x = {"type": "quantitative", "title": "%", "scale": {"zero": False, "padding": 16}}
    row = {
        "y": {"field": "set", "type": "nominal", "sort": None, "title": None, "axis": {"ticks": False, "domain": False, "labelLimit": 260}},
        "yOffset": {"field": "model", "sort": names},
        "color": {
            "field": "model",
            "type": "nominal",
            "sort": names,
            "scale": scale,
            "title": None,
            "legend": {"orient": "top", "symbolOpacity": 1},
        },
    }
    middle = row | {"x": {**x, "field": "value"}}
    band = row | {"x": {**x, "field": "low"}, "x2": {"field": "high"}}
    text = {"type": "text", "dy": -13, "fontSize": 12, "fontWeight": "bold"}
    layer = [
        {"mark": {"type": "rule", "strokeWidth": 8, "opacity": 0.3, "strokeCap": "round"}, "encoding": band},
        {"mark": {"type": "point", "filled": True, "size": 110, "opacity": 1}, "encoding": middle},
        {"mark": text, "encoding": middle | {"text": {"field": "value", "format": ".1f"}}},
    ]
    title = {"text": "Fine-tuned on other sets", "subtitle": f"band: {100 * report['confidence']:g} % interval over test clips"}
    return {"title": title, "data": {"values": values}, "width": 500, "height": {"step": 34, "for": "offset"}, "layer": layer}


def class_differences_chart(report: Mapping[str, Any], classes: Sequence[Row]) -> Spec:
    """Student minus annotator in each class of each set; `classes` are psl.transfer.compare.ClassRow."""
    groups: dict[str, list[Row]] = {}
    for row in classes:
        groups.setdefault(f"{set_name(row['set'])}, {row['metric']}, {report['models'][row['model']]}", []).append(row)
    return difference_chart("Where students lead their annotator after transfer", groups)


def _colour(number: int, model: str) -> str:
    return ANNOTATOR_COLOUR if model == ANNOTATOR else WINDOW_COLOURS[(number + 1) % len(WINDOW_COLOURS)]


def _value(row: Row | None) -> str:
    return DASH if row is None else f"{100 * row['value']:.1f} ({100 * row['low']:.1f} {DASH} {100 * row['high']:.1f})"


def _difference(row: Row | None) -> str:
    if row is None or row["difference"] is None:
        return DASH
    middle, low, high = (_signed(100 * row[field]) for field in ("difference", "difference_low", "difference_high"))
    return f"{middle} ({low} {DASH} {high})"


def _signed(points: float) -> str:
    return f"{points:+.1f}".replace("-", MINUS)


def _p(p: float) -> str:
    """Three digits, or what it is below.

    >>> _p(0.0421), _p(0.0004)
    ('.042', '< .001')
    """
    return f"{p:.3f}".removeprefix("0") if p >= 0.001 else "< .001"
