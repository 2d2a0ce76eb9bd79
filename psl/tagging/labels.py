"""Labels of windows: the classes whose probability is above their threshold."""

from collections.abc import Iterable, Iterator
from typing import NamedTuple

import numpy as np

from psl.io.metadata.vocabulary import Vocabulary
from psl.tagging.scores import WindowScores
from psl.tagging.thresholds import Thresholds


class Segment(NamedTuple):
    """A stretch of a recording in which a class is heard."""

    file: str
    start_ms: int
    end_ms: int
    class_id: str
    name: str
    score: float


def labels(windows: Iterable[WindowScores], threshold_C: Thresholds, vocabulary: Vocabulary) -> Iterator[Segment]:
    """The classes of each window above their thresholds, the most probable first."""
    for window in windows:
        above = np.flatnonzero(window.p_C > threshold_C)
        for c in above[np.argsort(-window.p_C[above], kind="stable")].tolist():
            yield segment(window.file, window.start_ms, window.end_ms, c, score=window.p_C[c], vocabulary=vocabulary)


def segment(
    file: str, start_ms: int, end_ms: int, number: int, *, score: float | np.floating, vocabulary: Vocabulary
) -> Segment:
    """That of the class with this number."""
    return Segment(file, start_ms, end_ms, vocabulary.mids[number], vocabulary.names[number], round(float(score), 6))
