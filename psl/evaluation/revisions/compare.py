"""Two commits' evaluations of a model, paired on the clips that both scored, and whether their difference is noise."""

from collections.abc import Iterator
from typing import Any, NamedTuple

import numpy as np

from psl.evaluation.revisions.evaluated import Evaluated, evaluated, keys_of
from psl.evaluation.revisions.revision import Revision
from psl.evaluation.revisions.shared_clips import Shared, shared_clips
from psl.evaluation.scores.paired import Paired, paired, too_few
from psl.evaluation.scores.score import Score
from psl.evaluation.tagging.metrics.mean_average_precision import METRIC
from psl.runtime.errors import PslError
from psl.runtime.progress import track

Row = dict[str, Any]


class Compared(NamedTuple):
    """A model at two commits, on what both evaluations share."""

    first: Evaluated
    second: Evaluated
    shared: Shared
    scores: tuple[Score, Score]
    found: Paired

    @property
    def n_clips(self) -> int:
        """How many clips both scored, with the same labels."""
        return len(self.shared.y_NC)


def compare_models(first: Revision, second: Revision, key: str | None) -> tuple[list[Row], list[str]]:
    """Rows and sentences about the models of two commits: one a model, or the classes of the model `key`.

    Raises PslError when no model was evaluated at both, or one was scored on no clip of the other's.
    """
    if key is not None:
        found = _compare(first, second, key)
        return [*_class_rows(found)], [_sentence(found)]
    shared = [name for name in keys_of(first) if name in keys_of(second)]
    if not shared:
        raise PslError(f"no model was evaluated at both {first} and {second}: compare commits that share a student")
    every = [_compare(first, second, name) for name in track(shared, "comparing models", len(shared))]
    return [_model_row(each) for each in every], [_sentence(each) for each in every]


def _compare(first: Revision, second: Revision, key: str) -> Compared:
    """Score both on the bootstrap samples of the second commit's parameters."""
    one, other = evaluated(first, key), evaluated(second, key)
    shared, settings = shared_clips(one, other), other.settings
    draws = settings["bootstrap_samples"], settings["seed"]
    known_NC = None if shared.known_NC.all() else shared.known_NC
    before, after = (
        METRIC.score(shared.y_NC, p_SNC, *draws, known_NC=known_NC) for p_SNC in (shared.first, shared.second)
    )
    return Compared(one, other, shared, (before, after), paired(before, after, settings["confidence"]))


def _model_row(compared: Compared) -> Row:
    first, second = compared.scores
    about = {"model": compared.second.key, "clips": compared.n_clips, "first": first.value, "second": second.value}
    return about | compared.found._asdict()


def _class_rows(compared: Compared) -> Iterator[Row]:
    """The classes that were scored, the largest difference first."""
    first, second = (score.class_C for score in compared.scores)
    assert first is not None and second is not None
    difference_C, positives_C = second - first, compared.shared.y_NC.sum(axis=0)
    for number in np.argsort(-np.abs(difference_C), kind="stable"):
        if not np.isnan(difference_C[number]):
            name, clips = compared.shared.vocabulary.names[number], int(positives_C[number])
            values = {"first": float(first[number]), "second": float(second[number])}
            yield {"class": name, "clips": clips, **values, "difference": float(difference_C[number])}


def _sentence(compared: Compared) -> str:
    """Whether the difference is noise, in words."""
    first, second, found = compared.first, compared.second, compared.found
    points, low, high = (f"{100 * value:+.1f}" for value in found[:3])
    about = (
        f"{second.key}: mAP {points} points from {first.revision} to {second.revision} "
        f"({second.settings['confidence']:.0%} {low} to {high}, p = {found.p:.3f}, {_clips(compared)})"
    )
    if found.is_settled(compared.n_clips):
        return f"{about}: {'better' if found.difference > 0 else 'worse'}, and not by noise alone"
    few = ", which are too few to say" if too_few(compared.n_clips) else ""
    return f"{about}: no more than noise, as clips and seeds vary{few}"


def _clips(compared: Compared) -> str:
    n_scored = max(len(each.scores.clip_ids) for each in (compared.first, compared.second))
    return f"{compared.n_clips} clips" if n_scored == compared.n_clips else f"{compared.n_clips} of {n_scored} clips"
