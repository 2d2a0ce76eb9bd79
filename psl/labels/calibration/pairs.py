"""Probabilities beside what is true: what calibrations are fitted to and measured on."""

from dataclasses import dataclass
from typing import Self

import numpy as np
import numpy.typing as npt

from psl.evaluation.scores.ranking.check_scores import check_scores

Bools = npt.NDArray[np.bool_]


@dataclass(frozen=True)
class Pairs:
    """Probabilities of N clips (or windows) for C classes, which of them are true, and of which that is known.

    Raises PslError unless the shapes are the same and no probability is NaN.
    """

    p_NC: npt.NDArray[np.floating]
    y_NC: Bools
    known_NC: Bools  # the others count nowhere

    def __post_init__(self) -> None:
        check_scores(self.y_NC, self.p_NC)
        assert self.known_NC.shape == self.y_NC.shape

    def __len__(self) -> int:
        return len(self.y_NC)

    def rows(self, rows: npt.NDArray[np.generic]) -> Self:
        """The clips of these numbers, or of this mask."""
        return type(self)(self.p_NC[rows], self.y_NC[rows], self.known_NC[rows])

    def of(self, p_NC: npt.NDArray[np.floating]) -> Self:
        """The same truth beside other probabilities."""
        return type(self)(p_NC, self.y_NC, self.known_NC)

    def true_known(self) -> Bools:
        """What is known to be true, y_NC."""
        return self.y_NC & self.known_NC
