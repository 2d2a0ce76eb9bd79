"""A threshold for each class of an exported model, chosen on its validation clips: that of the highest F1."""

from typing import NamedTuple

import numpy as np
import numpy.typing as npt

THRESHOLDS = "thresholds.csv"  # in a folder of a model
LEAST_POSITIVES = 3  # validation clips with a class; with fewer it gets the threshold that suits all classes together
Bools = npt.NDArray[np.bool_]
Floats = npt.NDArray[np.floating]


class Threshold(NamedTuple):
    """What is tagged is above `value`; `f1` is what that reaches on the validation clips, nan where it is shared."""

    value: float
    positives: int
    f1: float


def choose_thresholds(y_NC: Bools, p_NC: Floats, known_NC: Bools | None = None) -> list[Threshold]:
    """The threshold of each of C classes, by weak labels y_NC and scores p_NC of N validation clips.

    A class is judged on the clips of which `known_NC` says that its label is known (None: all).
    """
    known_NC = np.ones_like(y_NC) if known_NC is None else known_NC
    shared, _ = best_f1(y_NC[known_NC], p_NC[known_NC])
    chosen = []
    for y_N, p_N, known_N in zip(y_NC.T, p_NC.T, known_NC.T, strict=True):
        positives = int(y_N[known_N].sum())
        own = best_f1(y_N[known_N], p_N[known_N]) if positives >= LEAST_POSITIVES else (shared, np.nan)
        chosen.append(Threshold(own[0], positives, own[1]))
    return chosen


def best_f1(y_N: Bools, p_N: Floats) -> tuple[float, float]:
    """The threshold with the highest F1, half-way to the next lower score, and that F1; the highest of equal ones.

    >>> best_f1(np.array([True, True, False, False]), np.array([0.9, 0.6, 0.2, 0.1]))
    (0.4, 1.0)
    >>> best_f1(np.array([False, False]), np.array([0.9, 0.6]))
    (0.5, 0.0)
    """
    if not y_N.any():
        return 0.5, 0.0
    order_N = np.argsort(-p_N, kind="stable")
    sorted_N, hits_N = p_N[order_N].astype(np.float64), np.cumsum(y_N[order_N])
    f1_N = 2 * hits_N / (np.arange(1, len(y_N) + 1) + y_N.sum())
    f1_N[np.flatnonzero(sorted_N[:-1] == sorted_N[1:])] = -1  # scores that are equal pass together
    last = int(f1_N.argmax())
    below = sorted_N[last + 1] if last + 1 < len(sorted_N) else 0.0
    return float((sorted_N[last] + below) / 2), float(f1_N[last])
