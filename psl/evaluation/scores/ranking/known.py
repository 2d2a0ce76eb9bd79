"""Clips and classes of which it is known whether the clip has the class: what is not known is left out of scores."""

from collections.abc import Iterator

import numpy as np
import numpy.typing as npt

Known = npt.NDArray[np.bool_]  # known_NC
Column = tuple[npt.NDArray[np.bool_], npt.NDArray[np.floating]]  # y_N and score_N of a class


def known_columns(y_NC: Known, score_NC: npt.NDArray[np.floating], known_NC: Known | None) -> Iterator[Column]:
    """Labels and scores of each class, of the clips in which it is known (None: all).

    A class that is known only where it is present has nothing that it could be told from, and whatever scores would be
    perfect: it comes without any clip.
    """
    if known_NC is None:
        yield from zip(y_NC.T, score_NC.T, strict=True)
        return
    known_NC = known_NC & scored_classes(y_NC, known_NC)
    for known_N, y_N, score_N in zip(known_NC.T, y_NC.T, score_NC.T, strict=True):
        yield y_N[known_N], score_N[known_N]


def scored_classes(y_NC: Known, known_NC: Known | None) -> Known:
    """Which classes can be scored, shape (C,): those with positives and, where not all is known, known negatives."""
    has_negatives_C = known_NC is None or (known_NC & ~y_NC).any(axis=0)
    return np.logical_and(y_NC.any(axis=0), has_negatives_C)
