"""What a metric of scored clips states: how it is computed, and how it is shown."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from psl.evaluation.scores.bootstrap import mean_over_seeds
from psl.evaluation.scores.score import Score
from psl.runtime.errors import PslError

Labels = npt.NDArray[np.bool_]  # y_NC
Scores = npt.NDArray[np.floating]  # score_NC, the higher the surer
Values = npt.NDArray[np.float64]


@dataclass(frozen=True, kw_only=True)
class ClipMetric:
    """A metric of N clips and C classes; each function raises PslError for scores that it cannot use.

    Functions of a metric that `takes_known` also take known_NC, by its name: the labels that are known, see MANIFEST.
    """

    name: str  # in reports and tables
    value: Callable[..., float]  # y_NC, score_NC; of one seed
    over_seeds: Callable[..., float] | None = None  # y_NC, score_SNC; None: the mean of the seeds' values
    classes: Callable[..., Values] | None = None  # y_NC, score_NC -> shape (C,), nan for a class without clips
    class_column: str | None = None  # in the table of classes; None: `name`
    bootstrap: Callable[..., Values] | None = None  # y_NC, score_SNC, samples, seed -> shape (S, D)
    counts_unlabelled: bool  # whether clips without labels count
    takes_known: bool = False  # whether labels may be unknown
    heading: str | None = None  # in the table of results; None: `name` in per cent
    digits: int | None = None  # in that table; None: per cent

    def counted(self, y_NC: Labels) -> npt.NDArray[np.bool_]:
        """Which clips count, shape (N,)."""
        return np.logical_or(y_NC.any(axis=1), self.counts_unlabelled)

    def score(
        self,
        y_NC: Labels,
        score_SNC: Sequence[Scores],
        samples: int = 0,
        seed: int = 0,
        *,
        known_NC: Labels | None = None,
    ) -> Score:
        """The score of a system by its seeds, on the clips that count; with bootstrap samples if the metric has any.

        Systems that are compared share `seed`, and thereby the clips of each sample. `known_NC` says which labels are
        known (None: all); raises PslError when the metric needs them all.
        """
        if known_NC is not None and not self.takes_known:
            raise PslError(f"{self.name} needs all labels, and some classes were not looked for: choose another metric")
        counted_N = self.counted(y_NC)
        known = {} if known_NC is None else {"known_NC": known_NC[counted_N]}
        y_NC, score_SNC = y_NC[counted_N], [score_NC[counted_N] for score_NC in score_SNC]
        value_S = np.array([self.value(y_NC, score_NC, **known) for score_NC in score_SNC])
        value = self.over_seeds(y_NC, score_SNC, **known) if self.over_seeds else float(np.mean(value_S))
        class_C = np.mean([self.classes(y_NC, s_NC, **known) for s_NC in score_SNC], axis=0) if self.classes else None
        sample_D = None
        if self.bootstrap and samples:
            sample_D = mean_over_seeds(self.bootstrap(y_NC, score_SNC, samples, seed, **known), value_S, seed)
        return Score(self.name, value, value_S, class_C, sample_D)
