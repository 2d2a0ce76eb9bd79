"""Two commits' evaluations of a model, paired on the same clips, and whether their difference is noise."""

from collections.abc import Iterator
from typing import Any

from psl.evaluation.revisions.evaluated import Evaluated, evaluated, keys_of, require_same_classes, require_same_clips
from psl.evaluation.revisions.revision import Revision
from psl.evaluation.scores.paired import Paired, paired
from psl.runtime.errors import PslError

Row = dict[str, Any]


def compare_models(first: Revision, second: Revision, key: str | None) -> tuple[list[Row], list[str]]:
    """Rows and sentences about the models of two commits: one a model, or the classes of the model `key`.

    Raises PslError when no model was evaluated at both, or one was not scored on the same clips.
    """
    if key is not None:
        pair = _pair(first, second, key)
        return [*_class_rows(*pair)], [_sentence(*pair)]
    shared = [name for name in keys_of(first) if name in keys_of(second)]
    if not shared:
        raise PslError(f"no model was evaluated at both {first} and {second}: compare commits that share a student")
    pairs = [_pair(first, second, name) for name in shared]
    return [_model_row(*each) for each in pairs], [_sentence(*each) for each in pairs]


def _pair(first: Revision, second: Revision, key: str) -> tuple[Evaluated, Evaluated]:
    one, other = evaluated(first, key), evaluated(second, key)
    require_same_clips(one, other)
    require_same_classes(one, other)
    return one, other


def _test(first: Evaluated, second: Evaluated) -> Paired:
    return paired(first.score, second.score, second.confidence)


def _model_row(first: Evaluated, second: Evaluated) -> Row:
    test = _test(first, second)
    values = {"first": first.score.value, "second": second.score.value, "difference": test.difference}
    return {"model": first.key, **values, "low": test.low, "high": test.high, "p": test.p}


def _class_rows(first: Evaluated, second: Evaluated) -> Iterator[Row]:
    """The classes that were scored, the largest difference first."""
    rows = [_class_row(first.classes[mid], row) for mid, row in second.classes.items() if row["ap"]]
    yield from sorted(rows, key=lambda row: -abs(row["difference"]))


def _class_row(first: dict[str, str], second: dict[str, str]) -> Row:
    one, other = float(first["ap"]), float(second["ap"])
    clips = int(second["positives"])
    return {"class": second["name"], "clips": clips, "first": one, "second": other, "difference": other - one}


def _sentence(first: Evaluated, second: Evaluated) -> str:
    """Whether the difference is noise, in words."""
    test, share = _test(first, second), f"{second.confidence:.0%}"
    points, low, high = (f"{100 * value:+.1f}" for value in (test.difference, test.low, test.high))
    about = f"{second.key}: mAP {points} points from {first.revision} to {second.revision} ({share} {low} to {high}"
    if test.p < 1 - second.confidence:
        return f"{about}, p = {test.p:.3f}): {'better' if test.difference > 0 else 'worse'}, and not by noise alone"
    return f"{about}, p = {test.p:.3f}): no more than noise, as clips and seeds vary"
