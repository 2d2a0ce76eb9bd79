"""What a metric of scored clips states: how it is computed, and how it is shown."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from psl.evaluation.scores.score import Score

Labels = npt.NDArray[np.bool_]  # y_NC
Scores = npt.NDArray[np.floating]  # score_NC, the higher the surer
Values = npt.NDArray[np.float64]


@dataclass(frozen=True, kw_only=True)
class ClipMetric:
    """A metric of N clips and C classes; each function raises PslError for scores that it cannot use."""

    name: str  # in reports and tables
    value: Callable[[Labels, Scores], float]  # of one seed
    over_seeds: Callable[[Labels, Sequence[Scores]], float] | None = None  # None: the mean of the seeds' values
    classes: Callable[[Labels, Scores], Values] | None = None  # shape (C,), nan for a class without clips
    class_column: str | None = None  # in the table of classes; None: `name`
    bootstrap: Callable[[Labels, Sequence[Scores], int, int], Values] | None = None  # samples, seed -> shape (D,)
    counts_unlabelled: bool  # whether clips without labels count
    heading: str | None = None  # in the table of results; None: `name` in per cent
    digits: int | None = None  # in that table; None: per cent

    def counted(self, y_NC: Labels) -> npt.NDArray[np.bool_]:
        """Which clips count, shape (N,)."""
        return np.logical_or(y_NC.any(axis=1), self.counts_unlabelled)

    def score(self, y_NC: Labels, score_SNC: Sequence[Scores], samples: int = 0, seed: int = 0) -> Score:
        """The score of a system by its seeds, on the clips that count; with bootstrap samples if the metric has any.

        Systems that are compared share `seed`, and thereby the clips of each sample.
        """
        counted_N = self.counted(y_NC)
        y_NC, score_SNC = y_NC[counted_N], [score_NC[counted_N] for score_NC in score_SNC]
        value_S = np.array([self.value(y_NC, score_NC) for score_NC in score_SNC])
        value = self.over_seeds(y_NC, score_SNC) if self.over_seeds else float(np.mean(value_S))
        class_C = np.mean([self.classes(y_NC, s_NC) for s_NC in score_SNC], axis=0) if self.classes else None
        sample_D = self.bootstrap(y_NC, score_SNC, samples, seed) if self.bootstrap and samples else None
        return Score(self.name, value, value_S, class_C, sample_D)
