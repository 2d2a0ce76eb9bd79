"""Which of two models is better, and whether clips and seeds are enough to say so.

Three claims of the paper are tested: the finer the windows, the better (weak labels, then windows from long to short,
each beside the row above it); that this holds for other networks, too (each beside itself on weak labels); and how near
a student comes to its annotator, or how far above it. All differences are in one metric on the same bootstrap samples
of the same clips.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import partial
from itertools import pairwise

import numpy as np

from psl.config import ANNOTATOR, Student
from psl.evaluation.scores.paired import LEAST_CLIPS, Paired, paired
from psl.evaluation.scores.score import Score
from psl.report.model_names import WEAK, common_course, is_window_student
from psl.report.results import Result
from psl.report.sections import Section
from psl.report.tables import DASH, Table, markdown_table

MINUS = "\N{MINUS SIGN}"
Samples = Mapping[str, Sequence[float | None]]  # the metric on the bootstrap samples (data/bootstrap) by model


@dataclass(frozen=True)
class Comparison:
    """A model beside another, both by their display names; the difference is `name` minus `beside`."""

    name: str
    beside: str
    found: Paired
    n_clips: int

    @property
    def is_settled(self) -> bool:
        """Whether clips and seeds are enough to say which is better."""
        return self.found.is_settled(self.n_clips)

    @property
    def is_better(self) -> bool:
        """Whether that side is the upper one."""
        return self.is_settled and self.found.low > 0


@dataclass(frozen=True)
class Comparisons:
    """Neighbouring rows of the order that the paper claims, other networks, and students beside their annotator."""

    metric: str  # its heading
    confidence: float
    order: list[Comparison]
    networks: list[Comparison]  # students of a network of their own, beside that network on weak labels
    annotator: list[Comparison]


def compare_rows(
    rows: Sequence[Result], samples: Samples, metric: str = "mAP", heading: str = "mAP", *, confidence: float
) -> Comparisons:
    """All comparisons of the students of the tables' annotator; none with one that lacks some of the classes.

    `metric` names the numbers of `rows`, and `heading` is what people call it.
    """
    found = partial(compare, samples=samples, metric=metric, confidence=confidence)
    chain = [row for row in rows if row.name == WEAK or is_in_order(row)]
    students = [row for row in rows if _is_student(row)]
    annotators = [row for row in rows if row.key == ANNOTATOR and not row.numbers.get("classes_unmatched")]
    return Comparisons(
        heading,
        confidence,
        [found(row, above) for above, row in pairwise(chain)],
        [found(row, weak) for row in students for weak in rows if _is_its_network_on_weak_labels(row, weak)],
        [found(row, annotator) for annotator in annotators for row in students],
    )


def compare(row: Result, beside: Result, samples: Samples, metric: str = "mAP", *, confidence: float) -> Comparison:
    """One model beside another, by `metric` on the same bootstrap samples."""
    first, second = (_score(metric, each, samples[each.key]) for each in (beside, row))
    return Comparison(row.name, beside.name, paired(first, second, confidence), row.numbers["n_clips"])


def order_table(comparisons: Comparisons) -> Table:
    """The differences in points of mAP, with their intervals."""
    return [
        {
            "model": each.name,
            "beside": each.beside,
            f"difference in {comparisons.metric}": points(each.found),
            "settled": "yes" if each.is_settled else "no",
        }
        for each in (*comparisons.order, *comparisons.networks, *comparisons.annotator)
    ]


def order_text(comparisons: Comparisons) -> str:
    """The verdict in sentences."""
    explained = (
        f"Differences in points of {comparisons.metric} with their {100 * comparisons.confidence:g} % intervals over "
        "clips and seeds, both models on the same clips; settled: the interval lies on one side of 0, on at least "
        f"{LEAST_CLIPS} clips."
    )
    verdicts = (*_order_verdict(comparisons.order), *_network_verdict(comparisons.networks))
    return " ".join([*verdicts, *_annotator_verdict(comparisons.annotator), explained])


def order_sections(title: str, comparisons: Comparisons) -> list[Section]:
    """The page's section; none where there is nothing to compare."""
    table = order_table(comparisons)
    return [Section(title, order_text(comparisons), table, None)] if table else []


def order_markdown(comparisons: Comparisons) -> str:
    """The same for reports/results.md; empty where there is nothing to compare."""
    table = order_table(comparisons)
    return f"\n{markdown_table(table)}\n\n{order_text(comparisons)}\n" if table else ""


def compared(rows: Sequence[Result]) -> list[Result]:
    """The annotator, weak labels, and the students that are compared."""
    return [row for row in rows if row.key == ANNOTATOR or row.name == WEAK or _is_student(row)]


def _order_verdict(order: Sequence[Comparison]) -> list[str]:
    """Whether each row is better than the one above."""
    if not order:
        return []
    chain = " < ".join([order[0].beside, *(each.name for each in order)])
    against = [each for each in order if not each.is_better]
    if not against:
        return [f"The order {chain} is settled."]
    said = "; ".join(f"{each.name} beside {each.beside}: {_finding(each)}" for each in against)
    return [f"The order {chain} is not settled ({said})."]


def _network_verdict(comparisons: Sequence[Comparison]) -> list[str]:
    """Which networks are better with the annotator's labels than with weak ones."""
    if not comparisons:
        return []
    better = [each.name for each in comparisons if each.is_better]
    others = [f"{each.name} ({_finding(each)})" for each in comparisons if not each.is_better]
    but = f" Not so: {'; '.join(others)}." if others else ""
    return [f"Better than the same network on weak labels: {'; '.join(better) or 'none'}.{but}"]


def _annotator_verdict(comparisons: Sequence[Comparison]) -> list[str]:
    """Which students are better than their annotator."""
    if not comparisons:
        return []
    better = [each.name for each in comparisons if each.is_better]
    equal = [each.name for each in comparisons if not each.is_settled]
    undecided = f" Neither better nor worse, as far as this tells: {', '.join(equal)}." if equal else ""
    return [
        f"Better than their annotator: {', '.join(better) or 'none'}.{undecided} They are compared with this very "
        "network: what training the annotator anew would change is not known."
    ]


def _finding(comparison: Comparison) -> str:
    return "the other way round" if comparison.is_settled else "undecided"


def _is_student(row: Result) -> bool:
    return row.model is not None and _has_such_windows(row, row.model)


def is_in_order(row: Result) -> bool:
    """Whether it learns undiluted windows without overlap, as all do, by the annotator of the table."""
    return row.model is not None and is_window_student(row.model) and _has_such_windows(row, row.model)


def _has_such_windows(row: Result, model: Student) -> bool:
    """Whether it learns such windows, be it of other clips or by another recipe."""
    without_overlap = model.hop_seconds == model.window_seconds
    return row.has_common_annotator and without_overlap and is_window_student(common_course(model))


def _is_its_network_on_weak_labels(row: Result, weak: Result) -> bool:
    """Whether `weak` is the network of `row`, one of its own, trained on the weak labels of the same clips."""
    ours, theirs = row.model, weak.model
    if ours is None or theirs is None or ours.architecture is None or theirs.targets != "weak":
        return False
    return (ours.architecture, ours.subset) == (theirs.architecture, theirs.subset)


def _score(metric: str, row: Result, samples: Sequence[float | None]) -> Score:
    value = row.numbers[metric]
    return Score(metric, value, np.array([value]), sample_D=np.array(samples, np.float64))


def points(found: Paired) -> str:
    """A difference and its interval in points, signed."""
    difference, low, high = (f"{100 * value:+.1f}".replace("-", MINUS) for value in found[:3])
    return f"{difference} ({low} {DASH} {high})"
