"""Any two models beside each other: the difference in mAP, its interval, and whether it is more than chance."""

from collections.abc import Sequence
from itertools import combinations

from psl.evaluation.scores.paired import Paired, too_few
from psl.report.order import Comparison, Samples, compare, points
from psl.report.results import Result
from psl.report.sections import Pair, Section


def pairs(rows: Sequence[Result], samples: Samples, *, confidence: float) -> list[Pair]:
    """Every two models that were scored on the same classes; `samples` are mAP's, by key."""
    whole = [row for row in rows if not row.numbers.get("classes_unmatched")]
    return [
        Pair(first.name, second.name, verdict(compare(second, first, samples, confidence=confidence)))
        for first, second in combinations(whole, 2)
    ]


def verdict(found: Comparison) -> str:
    """The finding as a sentence, with the better model first."""
    difference, low, high, p = found.found
    better, other = (found.name, found.beside) if difference >= 0 else (found.beside, found.name)
    shown = points(found.found if difference >= 0 else Paired(-difference, -high, -low, p))
    if found.is_settled:
        return f"{better} is better than {other} by {shown} points of mAP: more than chance."
    few = f", and {found.n_clips} clips are too few to say" if too_few(found.n_clips) else ""
    return (
        f"Not settled: {better} is ahead of {other} by {shown} points of mAP on these clips, which may be chance{few}."
    )


def pairs_section(found: Sequence[Pair]) -> list[Section]:
    """The section in which a reader picks two models; none where there is one alone."""
    text = (
        "Both models on the same evaluation clips, the difference with its interval over clips and seeds. Each pair "
        "is a test of its own: of twenty pairs of equally good models one is expected to look settled."
    )
    return [Section("Any two models", text, [], None, pairs=found)] if found else []
