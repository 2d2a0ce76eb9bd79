"""Which of two neighbouring rows of the results is better, and whether clips and seeds are enough to say so.

The rows are those of the paper's claim, weak labels and then windows from long to short, each against the row above it
and against the annotator: the difference in mAP on the same bootstrap samples of the same clips.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from itertools import pairwise

import numpy as np

from psl.config import ANNOTATOR
from psl.evaluation.scores.paired import Paired, paired
from psl.evaluation.scores.score import Score
from psl.report.model_names import WEAK, is_window_student
from psl.report.results import Result
from psl.report.sections import Section
from psl.report.tables import DASH, Table, markdown_table

MINUS = "\N{MINUS SIGN}"
Samples = Mapping[str, Sequence[float | None]]  # mAP on the bootstrap samples (data/bootstrap/KEY.json) by model


@dataclass(frozen=True)
class Comparison:
    """A row beside the one above it and beside the annotator; None where the two cannot be compared."""

    name: str
    above: str
    from_above: Paired
    from_annotator: Paired | None

    @property
    def is_settled(self) -> bool:
        """Whether the interval of the difference from the row above lies on one side of 0."""
        return self.from_above.low > 0 or self.from_above.high < 0


def compare_neighbours(rows: Sequence[Result], samples: Samples) -> list[Comparison]:
    """Each window student of the tables' annotator beside the row above, weak labels first."""
    compared = [row for row in rows if row.name == WEAK or (is_window_student(row.model) and _is_plain(row))]
    annotator = next((row for row in rows if row.key == ANNOTATOR and not row.numbers.get("classes_unmatched")), None)
    scores = {row.key: _score(row, samples[row.key]) for row in (*compared, *([annotator] if annotator else []))}
    confidence = rows[0].numbers["confidence"]
    return [
        Comparison(
            row.name,
            above.name,
            paired(scores[above.key], scores[row.key], confidence),
            paired(scores[annotator.key], scores[row.key], confidence) if annotator else None,
        )
        for above, row in pairwise(compared)
    ]


def order_table(comparisons: Sequence[Comparison]) -> Table:
    """The differences in points of mAP, with their intervals."""
    return [
        {
            "model": each.name,
            "beside": each.above,
            "difference in mAP": _points(each.from_above),
            "settled": "yes" if each.is_settled else "no",
            f"{MINUS} annotator": DASH if each.from_annotator is None else _points(each.from_annotator),
        }
        for each in comparisons
    ]


def order_text(comparisons: Sequence[Comparison], confidence: float) -> str:
    """The verdict in sentences."""
    explained = (
        f"Differences in points of mAP with their {100 * confidence:g} % bootstrap intervals over clips and seeds, "
        "both models on the same clips; settled: the interval lies on one side of 0."
    )
    return f"{_verdict(comparisons)} {explained}"


def order_section(comparisons: Sequence[Comparison], confidence: float) -> list[Section]:
    """The page's section; none where there are no two rows to compare."""
    if not comparisons:
        return []
    return [Section("Which labels teach more", order_text(comparisons, confidence), order_table(comparisons), None)]


def order_markdown(comparisons: Sequence[Comparison], confidence: float) -> str:
    """The same for reports/results.md; empty where there are no two rows to compare."""
    if not comparisons:
        return ""
    return f"\n{markdown_table(order_table(comparisons))}\n\n{order_text(comparisons, confidence)}\n"


def _verdict(comparisons: Sequence[Comparison]) -> str:
    chain = " < ".join([comparisons[0].above, *(each.name for each in comparisons)])
    against = [each for each in comparisons if not each.is_settled or each.from_above.difference <= 0]
    if not against:
        return f"The order {chain} is settled."
    said = "; ".join(f"{each.name} beside {each.above}: {_finding(each)}" for each in against)
    return f"The order {chain} is not settled ({said})."


def _finding(comparison: Comparison) -> str:
    return "the other way round" if comparison.is_settled else "undecided"


def _is_plain(row: Result) -> bool:
    """Whether it learns undiluted windows without overlap, from the annotator of the table."""
    model = row.model
    assert model is not None  # a window student is no annotator
    return row.has_common_annotator and model.alpha is None and model.hop_seconds == model.window_seconds


def _score(row: Result, samples: Sequence[float | None]) -> Score:
    sample_D = np.array(samples, np.float64)
    return Score("mAP", row.numbers["mAP"], np.array(row.numbers["mAP_seeds"]), sample_D=sample_D)


def _points(found: Paired) -> str:
    difference, low, high = (f"{100 * value:+.1f}".replace("-", MINUS) for value in found[:3])
    return f"{difference} ({low} {DASH} {high})"
