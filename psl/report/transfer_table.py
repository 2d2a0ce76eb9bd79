"""The transfer table for people, as the poster has it.

`report` is what psl.evaluation.transfer.compare.as_json gives: reports/transfer.json.
"""

from collections.abc import Mapping
from statistics import NormalDist
from typing import Any

from psl.config.transfer import ANNOTATOR
from psl.report.tables import DASH, Table, markdown_table, percent

Row = Mapping[str, Any]
POWER = 0.8
MINUS = "\N{MINUS SIGN}"
NO_TRANSFER = "There is no set to transfer to: `transfers` in params.yaml is empty."
SETS = {"fsd50k": "FSD50K", "fsdkaggle2018": "FSDKaggle2018", "fsdkaggle2019": "FSDKaggle2019"}


def set_name(name: str) -> str:
    """What people call a set.

    >>> set_name("fsdkaggle2019-noisy"), set_name("mine")
    ('FSDKaggle2019 noisy', 'mine')
    """
    corpus, _, part = name.partition("-")
    return f"{SETS[corpus]} {part}".strip() if corpus in SETS else name


def transfer_table(report: Mapping[str, Any]) -> Table:
    """A student on a set by rows; the annotator, the student and their difference by columns."""
    cells = []
    for name, models in report["sets"].items():
        annotator = models.get(ANNOTATOR)
        students = [model for model in models if model != ANNOTATOR] or [ANNOTATOR]
        cells += [_cells(report, name, annotator, model) for model in students]
    return cells


def _cells(report: Mapping[str, Any], name: str, annotator: Row | None, model: str) -> dict[str, str]:
    row, left_out = report["sets"][name][model], len(report["classes_left_out"][name])
    student = None if model == ANNOTATOR else row
    return {
        "set": set_name(name),
        "metric": row["metric"],
        "annotator (MA)": _value(annotator),
        "student": report["models"][model] if student else DASH,
        "after transfer": _value(student),
        "difference": _difference(student),
        "detectable": _detectable(student, report["confidence"]),
        "p": DASH if student is None or student["p"] is None else _p(student["p"]),
        "test clips": f"{row['n_clips']:,}",
        "classes": f"{row['n_classes']} of {row['n_classes'] + left_out}" if left_out else str(row["n_classes"]),
    }


def transfer_markdown(report: Mapping[str, Any]) -> str:
    """The table in Markdown, with a note on how it was measured."""
    if not report["sets"]:
        return f"{NO_TRANSFER}\n"
    return f"{markdown_table(transfer_table(report), text_columns=('metric', 'student'))}\n\n{transfer_note(report)}\n"


def transfer_note(report: Mapping[str, Any]) -> str:
    """How the models were compared, in sentences."""
    text = (
        f"Per cent, with {100 * report['confidence']:g} % intervals over test clips and, of several seeds, over seeds "
        f"({report['draws']:,} draws); p: two-sided paired bootstrap test of the difference, on the same draws for "
        f"both models; detectable: the smallest true difference that {100 * POWER:g} % of such tests would find, "
        "given the spread in this one. Every model was fine-tuned in the same way, for as long."
    )
    for name, models in report["sets"].items():
        row, left_out = next(iter(models.values())), report["classes_left_out"][name]
        without = row["n_clips_without_label"]
        text += (
            f" {set_name(name)} has {without} test clips without a label, which count for mAP alone." if without else ""
        )
        text += f" Left out on {set_name(name)}, having no test clip: {', '.join(left_out)}." if left_out else ""
    return text


def _value(row: Row | None) -> str:
    return DASH if row is None else f"{percent(row['value'])} ({percent(row['low'])} {DASH} {percent(row['high'])})"


def _difference(row: Row | None) -> str:
    if row is None or row["difference"] is None:
        return DASH
    middle, low, high = (_signed(100 * row[field]) for field in ("difference", "difference_low", "difference_high"))
    return f"{middle} ({low} {DASH} {high})"


def _detectable(row: Row | None, confidence: float) -> str:
    """The difference that is found with the chance POWER, in points, if its spread is normal.

    >>> _detectable({"difference": 0.01, "difference_low": -0.02, "difference_high": 0.04}, 0.95)
    '4.3'
    """
    if row is None or row["difference"] is None:
        return DASH
    half_width, quantile = (row["difference_high"] - row["difference_low"]) / 2, NormalDist().inv_cdf
    return percent(half_width * (1 + quantile(POWER) / quantile((1 + confidence) / 2)))


def _signed(points: float) -> str:
    return f"{points:+.1f}".replace("-", MINUS)


def _p(p: float) -> str:
    """Three digits, or what it is below.

    >>> _p(0.0421), _p(0.0004)
    ('.042', '< .001')
    """
    return f"{p:.3f}".removeprefix("0") if p >= 0.001 else "< .001"
