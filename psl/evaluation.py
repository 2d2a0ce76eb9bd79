"""What is said of a model: mAP with its interval, AUC and d' over clips and classes, and the same per class."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt

from psl.errors import PslError
from psl.metrics import rounded
from psl.metrics.average_precision import average_precision
from psl.metrics.bootstrap import bootstrap_map, interval
from psl.metrics.roc import auc, d_prime
from psl.vocabulary import Vocabulary

CLASS_COLUMNS = ("mid", "name", "positives", "ap", "auc")
Values = npt.NDArray[np.float64]


@dataclass(frozen=True)
class Evaluation:
    """`summary` is flat, for `dvc metrics`; `classes` has one row a class of the vocabulary, in its order."""

    summary: dict[str, Any]
    classes: list[dict[str, Any]]


def evaluate(
    y_NC: npt.NDArray[np.bool_],
    score_SNC: Mapping[int, npt.NDArray[np.floating]],
    vocabulary: Vocabulary,
    *,
    draws: int,
    confidence: float,
    seed: int,
) -> Evaluation:
    """Evaluate one model by the scores of each of its seeds on the same N clips.

    mAP and AUC are macro means over the classes that have positives (AUC: and negatives), then means over seeds; d' is
    that of the mean AUC, and None where it would be infinite. The interval is the bootstrap's over clips (see
    psl.metrics.bootstrap), from `draws` draws with `seed`. Fractions, not per cent.
    Raises PslError when no clip has a label, or a score is NaN.
    """
    positives_C = y_NC.sum(axis=0)
    if not positives_C.any():
        raise PslError(f"none of the {len(y_NC)} clips to evaluate on carries a label of the vocabulary: look at the corpus's eval list")
    ap_SC = np.stack([average_precision(y_NC, score_NC) for score_NC in score_SNC.values()])
    auc_SC = np.stack([auc(y_NC, score_NC) for score_NC in score_SNC.values()])
    map_S, mean_auc = np.nanmean(ap_SC, axis=1), _mean(auc_SC)
    low, high = interval(bootstrap_map(y_NC, list(score_SNC.values()), draws, seed), float(map_S.mean()), confidence)
    summary = {
        "mAP": rounded(map_S.mean()),
        "mAP_low": rounded(low),
        "mAP_high": rounded(high),
        "mAP_seeds": [rounded(value) for value in map_S],
        "auc": rounded(mean_auc),
        "d_prime": rounded(d_prime(mean_auc)),
        "confidence": confidence,
        "n_clips": len(y_NC),
        "n_classes": int((positives_C > 0).sum()),
        "classes_left_out": [name for name, count in zip(vocabulary.names, positives_C, strict=True) if not count],
        "seeds": list(score_SNC),
    }
    return Evaluation(summary, _class_rows(vocabulary, positives_C, ap_SC.mean(axis=0), auc_SC.mean(axis=0)))


def rows_of(read_ids: Sequence[str], asked_ids: Sequence[str]) -> npt.NDArray[np.intp]:
    """Where each clip that was read stands among those that were asked for. Raises PslError for one that was not."""
    place = {clip_id: number for number, clip_id in enumerate(asked_ids)}
    foreign = [clip_id for clip_id in read_ids if clip_id not in place]
    if foreign:
        raise PslError(f"{len(foreign)} clips have features but are not in the corpus's list, first {foreign[0]}: make the features anew")
    return np.array([place[clip_id] for clip_id in read_ids], dtype=np.intp)


def _class_rows(vocabulary: Vocabulary, positives_C: npt.NDArray[np.int64], ap_C: Values, auc_C: Values) -> list[dict[str, Any]]:
    columns = zip(vocabulary.mids, vocabulary.names, positives_C, ap_C, auc_C, strict=True)
    return [
        {"mid": mid, "name": name, "positives": int(count), "ap": rounded(ap), "auc": rounded(area)}
        for mid, name, count, ap, area in columns
    ]


def _mean(values: Values) -> float:
    """Mean of the values that are numbers; nan without one."""
    numbers = values[~np.isnan(values)]
    return float(numbers.mean()) if len(numbers) else np.nan
