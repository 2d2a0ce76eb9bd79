"""Ranks of the classes within each clip, from its scores.

Rule for ties, that of scikit-learn's `label_ranking_average_precision_score`, the pessimistic one: a class's rank is
the number of classes whose score is at least its own, so classes with the same score share the lowest of their places,
and a model that gives every class the same score gains nothing by it.
"""

import numpy as np
import numpy.typing as npt

Ints = npt.NDArray[np.int64]


def label_ranks(y_NC: npt.NDArray[np.bool_], score_NC: npt.NDArray[np.floating]) -> tuple[Ints, Ints]:
    """How many classes, and how many of the clip's labels, score at least as high as each class, shape (N, C) both."""
    classes = y_NC.shape[1]
    order_NC = np.argsort(score_NC, axis=1)[:, ::-1]
    sorted_NC = np.take_along_axis(score_NC, order_NC, axis=1)
    last_NC = np.ones(y_NC.shape, bool)  # of a group of ties
    last_NC[:, :-1] = sorted_NC[:, 1:] != sorted_NC[:, :-1]
    place_NC = np.where(last_NC, np.arange(classes), classes)
    end_NC = np.minimum.accumulate(place_NC[:, ::-1], axis=1)[:, ::-1]
    labels_so_far_NC = np.take_along_axis(y_NC, order_NC, axis=1).cumsum(axis=1)
    labels_to_end_NC = np.take_along_axis(labels_so_far_NC, end_NC, axis=1)
    back_NC = np.argsort(order_NC, axis=1)
    return np.take_along_axis(end_NC + 1, back_NC, axis=1), np.take_along_axis(labels_to_end_NC, back_NC, axis=1)
